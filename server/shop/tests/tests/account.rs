//! Accounts and sessions.

use crate::support::both;
use domain::{Lang, account::Role, cart::Quantity};
use shop::{account, address, cart, session, totp};

both! {
    async fn a_guest_cart_survives_login_and_the_token_changes(shop) {
        let sku = shop.product("p", "m", 1000, 5).await[0];
        let me = shop.person("mei").await;
        let (old, guest) = session::open_guest(&shop, "Chrome/1 Android").await.unwrap();
        cart::add(&shop, guest.owner(), sku, Quantity::try_from(2).unwrap(), None).await.unwrap();
        cart::add(&shop, me.id.0, sku, Quantity::ONE, None).await.unwrap();
        let token = session::log_in(&shop, &me, Some(&guest), "Chrome/1 Android", false).await.unwrap();
        assert_eq!(session::find(&shop, &old).await.unwrap(), None);
        let viewer = session::find(&shop, &token).await.unwrap().unwrap();
        assert_eq!(viewer.person.as_ref().map(|p| p.id), Some(me.id));
        assert_eq!(cart::show(&shop, viewer.owner(), Lang::En).await.unwrap().lines[0].quantity, 2);
        assert_eq!(cart::count(&shop, guest.visitor.0).await.unwrap(), 0);
    }

    async fn known_and_unknown_names_are_refused_alike(shop) {
        shop.person("mei").await;
        for (name, password) in [("mei", "wrong password"), ("nobody", "wrong password"), ("", ""), ("x y", "z")] {
            assert_eq!(account::authenticate(&shop, name, password).await.unwrap_err().code(), "login_wrong");
        }
        assert!(account::authenticate(&shop, " MEI ", "correct horse battery").await.is_ok());
    }

    async fn a_name_is_taken_once_and_bad_forms_are_named(shop) {
        shop.person("mei").await;
        let register = |handle: &str, password: &str| account::register(&shop, account::NewAccount {
            handle: handle.into(), display_name: String::new(), password: password.into(), role: Role::Shopper,
        });
        assert_eq!(register("Mei", "correct horse battery").await.unwrap_err().code(), "handle_taken");
        assert_eq!(register("li", "correct horse battery").await.unwrap_err().code(), "handle_form");
        assert_eq!(register("lilei", "short").await.unwrap_err().code(), "password_short");
        assert_eq!(register("lilei-lilei", "lilei-LILEI").await.unwrap_err().code(), "password_same");
    }

    async fn a_password_change_ends_the_other_sessions(shop) {
        let me = shop.person("mei").await;
        let one = session::log_in(&shop, &me, None, "", false).await.unwrap();
        let two = session::log_in(&shop, &me, None, "", false).await.unwrap();
        let keep = session::find(&shop, &one).await.unwrap().unwrap();
        let wrong = account::change_password(&shop, &me, keep.session.0, "no no no no", "a new long password").await;
        assert_eq!(wrong.unwrap_err().code(), "login_wrong");
        account::change_password(&shop, &me, keep.session.0, "correct horse battery", "a new long password").await.unwrap();
        assert!(session::find(&shop, &one).await.unwrap().is_some());
        assert!(session::find(&shop, &two).await.unwrap().is_none());
        assert!(account::authenticate(&shop, "mei", "a new long password").await.is_ok());
    }

    async fn somebody_elses_session_and_address_are_not_found(shop) {
        let (mei, lei) = (shop.person("mei").await, shop.person("lei").await);
        let token = session::log_in(&shop, &mei, None, "", false).await.unwrap();
        let viewer = session::find(&shop, &token).await.unwrap().unwrap();
        assert_eq!(session::close(&shop, lei.id, viewer.session).await.unwrap_err().code(), "not_found");
        let address = shop.address(mei.id).await;
        assert_eq!(address::remove(&shop, lei.id, address).await.unwrap_err().code(), "not_found");
        assert_eq!(address::get(&shop, lei.id, address).await.unwrap_err().code(), "address_needed");
    }

    async fn a_second_factor_code_works_once_and_marks_the_session(shop) {
        let me = shop.person("ops").await;
        let secret = account::set_second_factor(&shop, me.id).await.unwrap();
        let token = session::log_in(&shop, &me, None, "", false).await.unwrap();
        let id = session::find(&shop, &token).await.unwrap().unwrap().session.0;
        let code = totp::code(&secret, totp::step(shop.clock.now()));
        assert_eq!(account::second_factor(&shop, me.id, id, "000000").await.unwrap_err().code(), "second_factor_wrong");
        account::second_factor(&shop, me.id, id, &code).await.unwrap();
        assert!(session::find(&shop, &token).await.unwrap().unwrap().second_factor);
        assert_eq!(account::second_factor(&shop, me.id, id, &code).await.unwrap_err().code(), "second_factor_wrong");
    }

    async fn a_session_ends_when_it_is_idle(shop) {
        let (token, _) = session::open_guest(&shop, "").await.unwrap();
        shop.clock.advance(session::IDLE + 1);
        assert_eq!(session::find(&shop, &token).await.unwrap(), None);
        assert_eq!(session::sweep(&shop).await.unwrap(), 1);
    }
}
