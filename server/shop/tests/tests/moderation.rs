//! Moderation: what is caught waits and says why, reports make one case, a decision is told and undone by an appeal, and whoever is
//! blocked is out of sight.

use crate::{
    post::{a_draft, change, picture, published, view},
    support::{NOON, TestShop, both},
};
use domain::{
    Code, Lang,
    account::Role,
    id::PersonId,
    moderation::{Aversion, Caught, Decision, Held, Kind, Reason, Sanction, Shelf, State},
    post::{Absent, State as PostState, Visibility},
    review::Filter,
    time::{DAY, HOUR},
};
use shop::{
    Clock, args, audit,
    catalog::NewPicture,
    feed, follow, inbox,
    moderation::{self, Turn, Verdict},
    post, review,
};

fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

fn removal(sanction: Sanction, saw: i64) -> Verdict {
    Verdict {
        decision: Decision::Remove,
        reason: Some(Reason::Spam),
        sanction,
        note: "It is an ad.".into(),
        saw,
        hide_earlier: false,
    }
}

fn keeping(saw: i64) -> Verdict {
    Verdict {
        decision: Decision::Keep,
        reason: None,
        sanction: Sanction::None,
        note: String::new(),
        saw,
        hide_earlier: false,
    }
}

async fn notices(shop: &shop::Shop, who: PersonId) -> Vec<String> {
    inbox::list(shop, who, Lang::En, "").await.unwrap().notices.into_iter().map(|n| n.kind).collect()
}

/// What is decided, appealed and undone, with everything that belongs to it; for the corruptions.
pub async fn cases(shop: &TestShop) {
    let people = ["accused", "accuser", "judge", "other_judge"];
    let [writer, reader, judge, _] = {
        let mut all = Vec::new();
        for name in people {
            all.push(shop.quick_person(name).await);
        }
        <[PersonId; 4]>::try_from(all).unwrap()
    };
    let gone = published(shop, writer, "A post", "which goes", Visibility::Public).await;
    let case = moderation::report(shop, reader, Kind::Post, &gone, Reason::Spam, "").await.unwrap();
    let saw = moderation::desk(shop, judge, &case).await.unwrap().saw;
    let said = post::comment(shop, writer, &gone, None, "a comment").await.unwrap().code;
    let other = moderation::report(shop, reader, Kind::Comment, &said, Reason::Hate, "").await.unwrap();
    let seen = moderation::desk(shop, judge, &other).await.unwrap().saw;
    moderation::decide(shop, judge, &other, removal(Sanction::None, seen)).await.unwrap();
    let sku = shop.product("rude", "m", 1_000, 9).await[0];
    let review = crate::review::written(shop, writer, sku, 1).await;
    let third = moderation::report(shop, reader, Kind::Review, &review, Reason::Hate, "").await.unwrap();
    let seen = moderation::desk(shop, judge, &third).await.unwrap().saw;
    moderation::decide(shop, judge, &third, removal(Sanction::None, seen)).await.unwrap();
    moderation::decide(shop, judge, &case, removal(Sanction::Day, saw)).await.unwrap();
    follow::follow(shop, judge, "accuser", true).await.unwrap();
    moderation::turn(shop, reader, "accused", Turn::To(Aversion::Block)).await.unwrap();
}

both! {
    async fn what_was_caught_is_its_authors_alone_until_somebody_lets_it_go(shop) {
        let (me, reader, judge) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("judge").await);
        let code = shop.rng.code();
        post::save(&shop, me, &code, change(a_draft("Earn a lot", "刷 单 日入三百 #tea @lei", Visibility::Public))).await.unwrap();
        post::publish(&shop, me, &code, false).await.unwrap();
        // Its author sees it, and why it waits; others see nothing, in no list and no count.
        let mine = view(&shop, Some(me), &code).await.unwrap();
        let held = mine.held.unwrap();
        assert_eq!((held.held, held.caught, mine.visibility), (Held::Review, vec![Caught::Words], Visibility::Public));
        assert_eq!(view(&shop, Some(reader), &code).await.unwrap_err(), "not_found");
        assert!(feed::page(&shop, None, Lang::En, "").await.unwrap().posts.is_empty());
        assert_eq!(post::topic(&shop, None, "tea", "").await.unwrap().count, 0);
        assert!(notices(&shop, reader).await.is_empty(), "nobody is told of what he cannot see");
        shop.verify_is_empty().await;
        let queue = moderation::queue(&shop, judge, Shelf::Open, "").await.unwrap();
        assert_eq!((queue.open, queue.cases.len(), queue.cases[0].caught.clone()), (1, 1, vec![Caught::Words]));
        let desk = moderation::desk(&shop, judge, &queue.cases[0].code).await.unwrap();
        assert!(desk.held && desk.mine_to_do && desk.case.link.is_none() && desk.text.contains("刷 单"), "{desk:?}");
        // It is let go, and is new then.
        let now = later(&shop, HOUR);
        moderation::decide(&now, judge, &desk.case.code, keeping(desk.saw)).await.unwrap();
        let shown = view(&shop, Some(reader), &code).await.unwrap();
        assert_eq!((shown.at, shown.held), (NOON + HOUR, None));
        assert_eq!(post::topic(&shop, None, "tea", "").await.unwrap().count, 1);
        assert_eq!(notices(&shop, me).await, ["post_released"]);
        assert_eq!(notices(&shop, reader).await, ["post_mentioned"]);
        assert_eq!(post::history(&shop, Some(reader), &code).await.unwrap().versions.len(), 1);
        shop.verify_is_empty().await;
    }
}

both! {
    async fn a_review_that_is_taken_down_leaves_a_tombstone_and_comes_back_whole(shop) {
        let (me, reader) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let (judge, second) = (shop.quick_person("judge").await, shop.quick_person("second").await);
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        let placed = crate::review::received(&shop, me, sku).await;
        let draft = |text: &str| domain::review::Draft::new(2, &[], text, true).unwrap();
        review::write(&shop, me, Role::Shopper, &placed.code, 0, draft("call the seller what he is")).await.unwrap();
        let mine = async || review::to_write(&shop, me, Role::Shopper, Lang::En, &placed.code).await.unwrap().lines[0].mine.clone().unwrap();
        let code = mine().await.code;
        review::add_pictures(&shop, me, Role::Shopper, &code, vec![picture("rude")]).await.unwrap();
        let shown = mine().await.pictures[0].id;
        assert_eq!(moderation::report(&shop, me, Kind::Review, &code, Reason::Hate, "").await.unwrap_err().code(), "report_own");
        // Who did not want to be named is not named by the form either.
        assert_eq!(moderation::form(&shop, reader, Kind::Review, &code).await.unwrap().author, domain::group_buy::masked("mei"));
        let case = moderation::report(&shop, reader, Kind::Review, &code, Reason::Hate, "").await.unwrap();
        assert_eq!(moderation::report(&shop, reader, Kind::Review, &code, Reason::Spam, "").await.unwrap(), case);
        let desk = moderation::desk(&shop, judge, &case).await.unwrap();
        assert_eq!((desk.case.kind, desk.title.as_str(), desk.text.as_str(), desk.pictures.len()), (Kind::Review, "★★☆☆☆", "call the seller what he is", 1));
        assert_eq!(desk.case.link.clone().unwrap(), format!("/p/a/reviews?at={code}#r-{code}"));
        // What has changed since is looked at again.
        review::follow_up(&later(&shop, 1), me, Role::Shopper, &code, "and I say it again").await.unwrap();
        assert_eq!(moderation::decide(&shop, judge, &case, removal(Sanction::None, desk.saw)).await.unwrap_err().code(), "case_moved");
        let saw = moderation::desk(&shop, judge, &case).await.unwrap().saw;
        moderation::decide(&shop, judge, &case, removal(Sanction::None, saw)).await.unwrap();
        shop.verify_is_empty().await;
        // Others see that there was one; its stars count no more, nobody changes it, and its pictures are nobody else's.
        let list = async |filter| review::list(&shop, Some(reader), Lang::En, "a", filter, "", None).await.unwrap();
        let all = list(Filter::All).await;
        assert_eq!((all.reviews[0].removed, all.reviews[0].text.as_str(), all.summary.count()), (true, "", 0));
        assert!(list(Filter::Bad).await.reviews.is_empty() && review::at_the_desk(&shop, Lang::En, false, "").await.unwrap().0.is_empty());
        assert_eq!(review::answer(&shop, judge, &code, "Sorry").await.unwrap_err().code(), "review_removed");
        assert_eq!(review::vote(&shop, reader, &code, true).await.unwrap_err().code(), "review_gone");
        assert_eq!(review::write(&shop, me, Role::Shopper, &placed.code, 0, draft("kinder")).await.unwrap_err().code(), "review_removed");
        assert_eq!(moderation::report(&shop, second, Kind::Review, &code, Reason::Hate, "").await.unwrap_err().code(), "not_found");
        assert_eq!((mine().await.removed, mine().await.text.as_str()), (Some(case.clone()), "call the seller what he is"));
        assert!(notices(&shop, me).await.contains(&"review_removed".to_owned()));
        let sees = async |who, decides| review::sees_picture(&shop, who, decides, shown).await.unwrap();
        assert_eq!((sees(Some(me), false).await, sees(None, false).await, sees(Some(second), true).await), (Some(true), Some(false), Some(false)));
        moderation::appeal(&shop, me, &case, "It is what he is.").await.unwrap();
        assert_eq!(sees(Some(second), true).await, Some(true));
        moderation::judge(&shop, second, &case, false, "").await.unwrap();
        let back = list(Filter::All).await;
        assert_eq!((back.reviews[0].removed, back.reviews[0].pictures.len(), back.summary.count()), (false, 1, 1));
        assert_eq!(sees(None, false).await, None, "it is for everybody");
        // Looked at and kept, it is answered.
        let again = moderation::report(&shop, second, Kind::Review, &code, Reason::Spam, "").await.unwrap();
        let saw = moderation::desk(&shop, judge, &again).await.unwrap().saw;
        moderation::decide(&later(&shop, 2), judge, &again, keeping(saw)).await.unwrap();
        assert_eq!(moderation::report(&shop, second, Kind::Review, &code, Reason::Spam, "").await.unwrap_err().code(), "report_answered");
    }
}

both! {
    async fn whoever_is_asked_to_change_may_change_or_have_it_looked_at(shop) {
        let me = shop.quick_person("mei").await;
        let judge = shop.quick_person("judge").await;
        let code = shop.rng.code();
        let with = |body: &str| change(a_draft("Tea", body, Visibility::Public));
        post::save(&shop, me, &code, with("ask me: vx tea_2026")).await.unwrap();
        let asked = post::publish(&shop, me, &code, false).await.unwrap_err().into_problem();
        assert_eq!((asked.code.as_str(), asked.said.as_deref()), ("screen_contact", Some("vx tea_2026")));
        assert_eq!(view(&shop, Some(me), &code).await.unwrap_err(), "not_found", "it is a draft still");
        // For oneself alone one writes what one likes.
        let own = shop.rng.code();
        post::save(&shop, me, &own, change(a_draft("Tea", "my own vx tea_2026", Visibility::Private))).await.unwrap();
        post::publish(&shop, me, &own, false).await.unwrap();
        let wider = post::save(&shop, me, &own, change(a_draft("Tea", "my own vx tea_2026", Visibility::Followers))).await;
        assert_eq!(wider.unwrap_err().code(), "screen_contact");
        // Whoever insists waits; whoever changes it then does not.
        post::publish(&shop, me, &code, true).await.unwrap();
        assert_eq!(view(&shop, Some(me), &code).await.unwrap().held.unwrap().caught, [Caught::Contact]);
        post::save(&shop, me, &code, with("ask me below")).await.unwrap();
        let shown = view(&shop, None, &code).await.unwrap();
        assert_eq!((shown.held, shown.body.as_str()), (None, "ask me below"));
        let done = moderation::queue(&shop, judge, Shelf::Done, "").await.unwrap();
        assert_eq!((done.open, done.cases[0].decision), (0, Some(Decision::Moot)));
        shop.verify_is_empty().await;
        // What is shown and is changed to something that is caught is not shown any more.
        let insist = post::Change { insist: true, ..with("see evil-shop.top") };
        assert_eq!(post::save(&shop, me, &code, with("see evil-shop.top")).await.unwrap_err().code(), "screen_link");
        assert_eq!(view(&shop, None, &code).await.unwrap().body, "ask me below");
        post::save(&shop, me, &code, insist).await.unwrap();
        assert_eq!(view(&shop, None, &code).await.unwrap_err(), "not_found");
        shop.verify_is_empty().await;
        // Deleted, it is no case any more.
        post::delete(&shop, me, &code).await.unwrap();
        assert_eq!(moderation::queue(&shop, judge, Shelf::Open, "").await.unwrap().open, 0);
        // Superlatives are the business of ads.
        let ad = shop.rng.code();
        let best = |sponsored| change(domain::post::Draft::new("全网最低", "快来", "", Visibility::Public, sponsored).unwrap());
        post::save(&shop, me, &ad, best(true)).await.unwrap();
        assert_eq!(post::publish(&shop, me, &ad, false).await.unwrap_err().code(), "screen_superlative");
        post::save(&shop, me, &ad, best(false)).await.unwrap();
        post::publish(&shop, me, &ad, false).await.unwrap();
        // Comments are short: they are changed.
        assert_eq!(post::comment(&shop, judge, &ad, None, "+86 138 0013 8000").await.unwrap_err().code(), "screen_contact");
        shop.verify_is_empty().await;
    }
}

both! {
    async fn reports_make_one_case_and_a_removal_is_told_and_undone(shop) {
        let (me, reader, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await);
        let (judge, second) = (shop.quick_person("judge").await, shop.quick_person("second").await);
        let code = published(&shop, me, "Tea", "for #tea", Visibility::Public).await;
        post::like(&shop, other, &code, true).await.unwrap();
        assert_eq!(moderation::report(&shop, me, Kind::Post, &code, Reason::Spam, "").await.unwrap_err().code(), "report_own");
        let case = moderation::report(&shop, reader, Kind::Post, &code, Reason::Spam, "an ad").await.unwrap();
        assert_eq!(moderation::report(&shop, reader, Kind::Post, &code, Reason::Hate, "").await.unwrap(), case, "once");
        assert_eq!(moderation::report(&shop, other, Kind::Post, &code, Reason::Spam, "").await.unwrap(), case, "one case");
        // Whoever wrote it does not learn that it was reported; whoever reported it does not see more than his part.
        assert_eq!(moderation::case(&shop, me, &case).await.unwrap_err().code(), "not_found");
        assert_eq!(moderation::case(&shop, reader, &case).await.unwrap().state, State::Open);
        let desk = moderation::desk(&shop, judge, &case).await.unwrap();
        assert_eq!((desk.reports.len(), desk.proposed, desk.mine_to_do), (2, Sanction::None, true));
        // Nobody decides about himself or about what he reported, and nobody learns who reported him.
        assert_eq!(moderation::desk(&shop, me, &case).await.unwrap_err().code(), "not_found");
        assert_eq!(moderation::queue(&shop, me, Shelf::Open, "").await.unwrap().open, 0);
        assert!(!moderation::desk(&shop, reader, &case).await.unwrap().mine_to_do);
        for nobody in [me, reader] {
            assert_eq!(moderation::decide(&shop, nobody, &case, keeping(desk.saw)).await.unwrap_err().code(), "case_not_yours");
        }
        // What has changed since is looked at again.
        let changed = later(&shop, 1);
        post::save(&changed, me, &code, change(a_draft("Tea", "for #tea and #coffee", Visibility::Public))).await.unwrap();
        assert_eq!(moderation::decide(&shop, judge, &case, removal(Sanction::Day, desk.saw)).await.unwrap_err().code(), "case_moved");
        let desk = moderation::desk(&shop, judge, &case).await.unwrap();
        assert!(desk.earlier && desk.reports.iter().all(|r| r.then.as_deref() == Some("Tea\nfor #tea")), "{desk:?}");
        let saw = desk.saw;
        let mut unreasoned = removal(Sanction::Day, saw);
        unreasoned.reason = None;
        assert_eq!(moderation::decide(&shop, judge, &case, unreasoned).await.unwrap_err().code(), "reason_needed");
        moderation::decide(&shop, judge, &case, removal(Sanction::Day, saw)).await.unwrap();
        moderation::decide(&shop, judge, &case, removal(Sanction::Day, saw)).await.unwrap();
        assert_eq!(moderation::decide(&shop, second, &case, keeping(saw)).await.unwrap_err().code(), "case_moved");
        shop.verify_is_empty().await;
        // Others see that it was taken down and why; its author sees it, and may not write for a day.
        let gone = view(&shop, Some(reader), &code).await.unwrap();
        assert_eq!((gone.state, gone.body.as_str()), (PostState::Deleted, ""));
        assert_eq!(gone.held.unwrap().reason, Some(Reason::Spam));
        let mine = view(&shop, Some(me), &code).await.unwrap();
        assert_eq!((mine.body.as_str(), mine.held.unwrap().case), ("for #tea and #coffee", Some(case.clone())));
        assert_eq!(post::topic(&shop, None, "tea", "").await.unwrap().count, 0);
        assert!(notices(&shop, me).await.contains(&"post_removed".to_owned()));
        assert_eq!((notices(&shop, reader).await, notices(&shop, other).await), (vec!["report_removed".to_owned()], vec!["report_removed".to_owned()]));
        let edit = post::save(&shop, me, &code, change(a_draft("Tea", "better", Visibility::Public))).await;
        assert_eq!(edit.unwrap_err().code(), "post_removed");
        let paused = published_code(&shop, me, "More tea").await.unwrap_err();
        assert_eq!((paused.code.as_str(), paused.number), ("paused", Some(24)));
        let told = moderation::case(&shop, me, &case).await.unwrap();
        assert!(told.may_appeal && told.note == "It is an ad." && told.sanction.is_some());
        assert!(moderation::case(&shop, reader, &case).await.unwrap().sanction.is_none());
        // An appeal, judged by somebody else.
        assert_eq!(moderation::appeal(&shop, reader, &case, "no").await.unwrap_err().code(), "not_found");
        assert_eq!(moderation::appeal(&later(&shop, 31 * DAY), me, &case, "no").await.unwrap_err().code(), "appeal_late");
        moderation::appeal(&shop, me, &case, "I paid for it myself").await.unwrap();
        assert!(!moderation::desk(&shop, judge, &case).await.unwrap().mine_to_do);
        assert_eq!(moderation::judge(&shop, judge, &case, false, "").await.unwrap_err().code(), "case_not_yours");
        assert!(moderation::desk(&shop, second, &case).await.unwrap().mine_to_do);
        moderation::judge(&shop, second, &case, false, "You are right.").await.unwrap();
        assert_eq!(moderation::judge(&shop, second, &case, true, "").await.unwrap_err().code(), "case_moved");
        let back = view(&shop, Some(reader), &code).await.unwrap();
        assert_eq!((back.body.as_str(), back.likes.n, back.at), ("for #tea and #coffee", 1, NOON));
        assert_eq!(post::topic(&shop, None, "tea", "").await.unwrap().count, 1);
        assert!(notices(&shop, me).await.contains(&"appeal_granted".to_owned()));
        published_code(&shop, me, "More tea").await.unwrap();
        assert_eq!(moderation::desk(&shop, judge, &case).await.unwrap().log.len(), 2);
        let numbers = moderation::numbers(&shop).await.unwrap();
        assert_eq!((numbers.reports, numbers.removed, numbers.appeals, numbers.overturned), (2, 1, 1, 1));
        assert_eq!((numbers.reasons[0].of, numbers.reasons[0].n, numbers.sanctions[0].n), (Reason::Spam, 1, 1));
        shop.verify_is_empty().await;
    }
}

async fn published_code(shop: &TestShop, me: PersonId, title: &str) -> Result<Code, domain::Problem> {
    let code = shop.rng.code();
    post::save(shop, me, &code, change(a_draft(title, "more", Visibility::Public))).await.unwrap();
    post::publish(shop, me, &code, false).await.map_err(shop::Error::into_problem)?;
    Ok(code)
}

both! {
    async fn a_comment_that_was_taken_down_leaves_its_answers_and_comes_back_with_its_text(shop) {
        let (me, reader) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let (judge, second) = (shop.quick_person("judge").await, shop.quick_person("second").await);
        let post = published(&shop, me, "Tea", "tea", Visibility::Public).await;
        let said = post::comment(&shop, reader, &post, None, "buy mine").await.unwrap().code;
        post::comment(&shop, me, &post, Some(&said), "no").await.unwrap();
        let case = moderation::report(&shop, me, Kind::Comment, &said, Reason::Spam, "").await.unwrap();
        let saw = moderation::desk(&shop, judge, &case).await.unwrap().saw;
        moderation::decide(&shop, judge, &case, removal(Sanction::Forever, saw)).await.unwrap();
        let shown = view(&shop, Some(me), &post).await.unwrap();
        assert_eq!((shown.comments, shown.thread[0].absent, shown.thread[0].replies.len()), (1, Some(Absent::Removed), 1));
        assert_eq!(post::comment(&shop, reader, &post, None, "again").await.unwrap_err().code(), "paused_for_good");
        shop.verify_is_empty().await;
        moderation::appeal(&shop, reader, &case, "it was a joke").await.unwrap();
        moderation::judge(&shop, second, &case, false, "").await.unwrap();
        let shown = view(&shop, Some(me), &post).await.unwrap();
        assert_eq!((shown.comments, shown.thread[0].said.as_ref().unwrap().text.as_str()), (2, "buy mine"));
        post::comment(&shop, reader, &post, None, "again").await.unwrap();
        // What stays is not reported again by the same people, as long as it does not change.
        let case = moderation::report(&shop, me, Kind::Comment, &said, Reason::Spam, "").await.unwrap();
        moderation::decide(&shop, judge, &case, keeping(NOON)).await.unwrap();
        assert_eq!(moderation::report(&shop, me, Kind::Comment, &said, Reason::Spam, "").await.unwrap_err().code(), "report_answered");
        // What its writer deletes is no case any more.
        let third = post::comment(&shop, reader, &post, None, "and this").await.unwrap().code;
        moderation::report(&shop, me, Kind::Comment, &third, Reason::Spam, "").await.unwrap();
        post::delete_comment(&shop, reader, &third).await.unwrap();
        assert_eq!(moderation::queue(&shop, judge, Shelf::Open, "").await.unwrap().open, 0);
        shop.verify_is_empty().await;
    }
}

both! {
    async fn whoever_is_blocked_is_out_of_sight_and_whoever_is_muted_out_of_mine(shop) {
        let (me, loud, friend) = (shop.quick_person("mei").await, shop.quick_person("loud").await, shop.quick_person("lei").await);
        let mine = published(&shop, me, "Tea", "tea", Visibility::Public).await;
        let theirs = published(&shop, loud, "Noise", "noise", Visibility::Public).await;
        post::comment(&shop, loud, &mine, None, "loud").await.unwrap();
        follow::follow(&shop, loud, "mei", true).await.unwrap();
        follow::follow(&shop, me, "loud", true).await.unwrap();
        inbox::mark_read(&shop, me).await.unwrap();
        moderation::turn(&shop, me, "loud", Turn::To(Aversion::Mute)).await.unwrap();
        let titles = async |who| feed::page(&shop, who, Lang::En, "").await.unwrap().posts.into_iter().map(|p| p.title).collect::<Vec<_>>();
        assert_eq!(titles(Some(me)).await, ["Tea"]);
        assert_eq!(titles(Some(loud)).await.len(), 2, "he sees me");
        assert_eq!(view(&shop, Some(me), &mine).await.unwrap().thread[0].absent, Some(Absent::Averse));
        assert!(view(&shop, Some(friend), &mine).await.unwrap().thread[0].absent.is_none());
        post::like(&shop, loud, &mine, true).await.unwrap();
        assert_eq!(inbox::unread(&shop, me).await.unwrap(), 0, "and I do not hear of him");
        // Blocked: neither sees the other, and nobody follows.
        moderation::turn(&shop, me, "loud", Turn::To(Aversion::Block)).await.unwrap();
        assert_eq!(view(&shop, Some(loud), &mine).await.unwrap_err(), "not_found");
        assert_eq!(view(&shop, Some(me), &theirs).await.unwrap_err(), "not_found");
        assert_eq!((titles(Some(loud)).await, titles(Some(me)).await), (vec!["Noise".to_owned()], vec!["Tea".to_owned()]));
        for (one, handle) in [(me, "loud"), (loud, "mei")] {
            assert_eq!(follow::follow(&shop, one, handle, true).await.unwrap_err().code(), "averse");
        }
        let page = post::author_page(&shop, Some(loud), "mei", false, "").await.unwrap();
        assert!(page.apart && page.list.posts.is_empty() && page.followers == 0);
        assert_eq!(post::comment(&shop, loud, &mine, None, "still").await.unwrap_err().code(), "not_found");
        // On somebody else's post they do not answer each other.
        let common = published(&shop, friend, "Common", "ground", Visibility::Public).await;
        let said = post::comment(&shop, me, &common, None, "hello").await.unwrap().code;
        assert_eq!(post::comment(&shop, loud, &common, Some(&said), "hi").await.unwrap_err().code(), "averse");
        assert_eq!(view(&shop, Some(loud), &common).await.unwrap().thread[0].absent, Some(Absent::Averse));
        shop.verify_is_empty().await;
        let list = moderation::averse(&shop, me).await.unwrap();
        assert_eq!((list.len(), list[0].handle.as_str(), list[0].kind), (1, "loud", Aversion::Block));
        moderation::turn(&shop, me, "loud", Turn::Back).await.unwrap();
        follow::follow(&shop, loud, "mei", true).await.unwrap();
        assert_eq!(moderation::turn(&shop, me, "mei", Turn::Back).await.unwrap_err().code(), "not_yourself");
        shop.verify_is_empty().await;
    }
}

both! {
    async fn a_list_of_words_is_in_force_from_its_next_version_on(shop) {
        let (me, ops) = (shop.quick_person("mei").await, shop.quick_person("ops").await);
        published_code(&shop, me, "Plum wine").await.unwrap();
        let lists = moderation::words(&shop).await.unwrap();
        assert_eq!((lists[0].version, lists[0].by.clone()), (0, None));
        moderation::set_words(&shop, ops, "banned", 0, "plum wine\r\n-plum wine vinegar").await.unwrap();
        moderation::set_words(&shop, ops, "banned", 0, "plum wine\n-plum wine vinegar").await.unwrap();
        assert_eq!(moderation::set_words(&shop, ops, "banned", 0, "other").await.unwrap_err().code(), "list_moved");
        assert_eq!(moderation::set_words(&shop, ops, "secret", 0, "x").await.unwrap_err().code(), "bad_request");
        let code = published_code(&shop, me, "PLUM WINE again").await.unwrap();
        assert!(view(&shop, Some(me), &code).await.unwrap().held.is_some());
        let code = published_code(&shop, me, "Plum wine vinegar").await.unwrap();
        assert!(view(&shop, Some(me), &code).await.unwrap().held.is_none());
        let now = &moderation::words(&shop).await.unwrap()[0];
        assert_eq!((now.version, now.by.as_ref().map(|b| b.0.as_str())), (1, Some("ops")));
        shop.verify_is_empty().await;
    }
}

both! {
    async fn a_new_account_writes_a_few_posts_a_day_and_a_known_one_more(shop) {
        let me = shop.quick_person("mei").await;
        for i in 0..5 {
            published_code(&shop, me, &format!("Tea {i}")).await.unwrap();
        }
        let refused = published_code(&shop, me, "One more").await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.number), ("too_many_posts", Some(5)));
        // Five people like what he wrote: that and its age make it known.
        let code = post::author_page(&shop, None, "mei", false, "").await.unwrap().list.posts[0].code.clone();
        for i in 0..5 {
            let fan = shop.quick_person(&format!("fan{i}")).await;
            post::like(&shop, fan, &code, true).await.unwrap();
        }
        published_code(&shop, me, "One more").await.unwrap();
        shop.verify_is_empty().await;
    }
}

both! {
    async fn of_many_who_decide_at_once_one_decides_and_the_log_is_whole(shop) {
        let me = shop.quick_person("mei").await;
        let code = published(&shop, me, "Tea", "tea", Visibility::Public).await;
        let mut reporters = Vec::new();
        for i in 0..8 {
            reporters.push(shop.quick_person(&format!("reader{i}")).await);
        }
        let reports = reporters.iter().map(|who| moderation::report(&shop, *who, Kind::Post, &code, Reason::Spam, ""));
        let cases: Vec<Code> = futures_util::future::join_all(reports).await.into_iter().map(Result::unwrap).collect();
        assert!(cases.iter().all(|c| *c == cases[0]), "{cases:?}");
        let mut judges = Vec::new();
        for i in 0..6 {
            judges.push(shop.quick_person(&format!("judge{i}")).await);
        }
        let saw = moderation::desk(&shop, judges[0], &cases[0]).await.unwrap().saw;
        let all = judges.iter().enumerate().map(|(i, who)| {
            let verdict = if i % 2 == 0 { removal(Sanction::Week, saw) } else { keeping(saw) };
            moderation::decide(&shop, *who, &cases[0], verdict)
        });
        let change = post::delete(&shop, me, &code);
        let (done, _) = futures_util::future::join(futures_util::future::join_all(all), change).await;
        assert!(done.iter().filter(|d| d.is_ok()).count() <= 1, "{done:?}");
        assert!(done.iter().filter_map(|d| d.as_ref().err()).all(|e| e.code() == "case_moved"), "{done:?}");
        shop.verify_is_empty().await;
        assert!(audit::check(&shop.db).await.unwrap().is_empty());
    }
}

both! {
    async fn what_somebody_else_has_shown_waits_for_a_look(shop) {
        let (me, thief) = (shop.quick_person("mei").await, shop.quick_person("thief").await);
        let text = "今天收到的蓝莓真的很大颗，家里小朋友一下午就吃完了一盒，回购。冰镇以后更好吃，推荐给不爱太甜的朋友";
        let print = Some(0x0f0f_3c3c_5a5a_1234_u64.cast_signed());
        // The thief comes an hour later.
        let then = later(&shop, HOUR);
        let shown = async |who, title: &str, body: &str, print: Option<i64>| {
            let code = shop.rng.code();
            let picture = NewPicture { print, ..picture(title) };
            let with = post::Change { pictures: vec![picture], ..change(a_draft(title, body, Visibility::Public)) };
            let shop = if who == thief { &then } else { &shop.shop };
            post::save(shop, who, &code, with).await.unwrap();
            post::publish(shop, who, &code, false).await.unwrap();
            (code.clone(), view(shop, Some(who), &code).await.unwrap().held.map(|h| h.caught))
        };
        let (first, held) = shown(me, "Mine", text, print).await;
        assert_eq!(held, None);
        let (_, held) = shown(thief, "Text", &text.replace('，', "!!"), None).await;
        assert_eq!(held, Some(vec![Caught::Twin]), "the words");
        let (_, held) = shown(thief, "Picture", "other words", print.map(|p| p ^ 0b101)).await;
        assert_eq!(held, Some(vec![Caught::Twin]), "a picture that looks the same");
        let (own, held) = shown(thief, "Own", "words of my own", Some(77_777_777_777)).await;
        assert_eq!(held, None);
        let (_, held) = shown(me, "Album", "my picture once more", print).await;
        assert_eq!(held, None, "one shows one's own pictures as often as one likes");
        let (_, held) = shown(me, "Again", text, None).await;
        assert_eq!(held, Some(vec![Caught::Twin]), "and says the same once a week");
        shop.verify_is_empty().await;
        // Added later, it is found as well.
        let stolen = NewPicture { print, ..picture("stolen") };
        post::add_pictures(&then, thief, &own, vec![stolen]).await.unwrap();
        assert_eq!(view(&shop, Some(thief), &own).await.unwrap().held.unwrap().caught, [Caught::Twin]);
        assert_eq!(view(&shop, Some(me), &own).await.unwrap_err(), "not_found");
        shop.verify_is_empty().await;
        // What its author has deleted is nobody's any more.
        post::delete(&shop, me, &first).await.unwrap();
        shop.verify_is_empty().await;
    }
}

both! {
    async fn what_is_private_deleted_or_held_is_read_by_nobody_through_a_case(shop) {
        let (me, reader, judge) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("judge").await);
        let code = published(&shop, me, "Tea", "what all could read", Visibility::Public).await;
        let case = moderation::report(&shop, reader, Kind::Post, &code, Reason::Other, "").await.unwrap();
        // Caught in a change: held, and whoever reported it reads what he reported, not what is held.
        let insist = post::Change { insist: true, ..change(a_draft("Tea", "secret vx tea_2026", Visibility::Public)) };
        post::save(&shop, me, &code, insist).await.unwrap();
        assert_eq!(moderation::case(&shop, reader, &case).await.unwrap().said, "Tea\nwhat all could read");
        // Made private and changed, it is its author's alone.
        post::save(&shop, me, &code, change(a_draft("Tea", "my own thoughts", Visibility::Private))).await.unwrap();
        let page = view(&shop, Some(me), &code).await.unwrap();
        if page.held.is_none() {
            let desk = moderation::desk(&shop, judge, &case).await.unwrap();
            assert!(desk.text.is_empty() && desk.pictures.is_empty(), "{desk:?}");
        }
        assert_eq!(moderation::case(&shop, reader, &case).await.unwrap().said, "Tea\nwhat all could read");
        post::delete(&shop, me, &code).await.unwrap();
        assert_eq!(moderation::case(&shop, reader, &case).await.unwrap().said, "");
        shop.verify_is_empty().await;
        // Earlier texts of what stays can be hidden.
        let code = published(&shop, me, "Tea", "rude", Visibility::Public).await;
        let case = moderation::report(&shop, reader, Kind::Post, &code, Reason::Hate, "").await.unwrap();
        post::save(&later(&shop, 1), me, &code, change(a_draft("Tea", "kind", Visibility::Public))).await.unwrap();
        let saw = moderation::desk(&shop, judge, &case).await.unwrap().saw;
        moderation::decide(&shop, judge, &case, Verdict { hide_earlier: true, ..keeping(saw) }).await.unwrap();
        assert_eq!(post::history(&shop, Some(reader), &code).await.unwrap().versions.len(), 1);
        assert_eq!(post::history(&shop, Some(me), &code).await.unwrap().versions.len(), 2);
        shop.verify_is_empty().await;
    }
}

both! {
    async fn an_ad_stays_an_ad_and_whoever_is_paused_adds_no_pictures(shop) {
        let (me, reader, judge) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("judge").await);
        let ad = shop.rng.code();
        let words = |body: &str, sponsored| change(domain::post::Draft::new("Tea", body, "", Visibility::Public, sponsored).unwrap());
        post::save(&shop, me, &ad, words("good tea", true)).await.unwrap();
        post::publish(&shop, me, &ad, false).await.unwrap();
        // The flag does not come with the form of what is published: it stands.
        let refused = post::save(&shop, me, &ad, words("全网最低", false)).await;
        assert_eq!(refused.unwrap_err().code(), "screen_superlative");
        // What was refused waits where it was written.
        post::keep_change(&shop, me, &ad, words("全网最低", false)).await.unwrap();
        let desk = post::composer(&shop, me, Lang::En, Some(&ad), false, "").await.unwrap();
        assert!(desk.pending && desk.body == "全网最低" && desk.sponsored, "{desk:?}");
        assert_eq!(view(&shop, None, &ad).await.unwrap().body, "good tea");
        post::save(&shop, me, &ad, words("better tea", false)).await.unwrap();
        assert!(!post::composer(&shop, me, Lang::En, Some(&ad), false, "").await.unwrap().pending);
        let case = moderation::report(&shop, reader, Kind::Post, &ad, Reason::Minors, "").await.unwrap();
        let other = published(&shop, me, "Other", "post", Visibility::Public).await;
        moderation::report(&shop, reader, Kind::Post, &other, Reason::Spam, "").await.unwrap();
        moderation::report(&shop, shop.quick_person("ana").await, Kind::Post, &other, Reason::Spam, "").await.unwrap();
        let queue = moderation::queue(&shop, judge, Shelf::Open, "").await.unwrap();
        assert_eq!(queue.cases[0].code, case, "what is urgent is looked at first");
        let desk = moderation::desk(&shop, judge, &case).await.unwrap();
        assert_eq!(desk.next, Some(queue.cases[1].code.clone()));
        moderation::decide(&shop, judge, &case, removal(Sanction::Week, desk.saw)).await.unwrap();
        for code in [&ad, &other] {
            let refused = post::add_pictures(&shop, me, code, vec![picture("late")]).await.unwrap_err();
            assert!(["post_removed", "paused"].contains(&refused.code()), "{refused}");
        }
        // Whoever is paused may show what he has to fewer people.
        post::save(&shop, me, &other, change(a_draft("Other", "post", Visibility::Private))).await.unwrap();
        shop.verify_is_empty().await;
    }
}

both! {
    async fn blocking_following_and_reporting_at_once_leave_nothing_wrong(shop) {
        let (me, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let code = published(&shop, me, "Tea", "tea", Visibility::Public).await;
        let turn = async |who, handle: &str, to| moderation::turn(&shop, who, handle, to).await.map(|()| 0_i64);
        for _ in 0..6 {
            let block = Turn::To(Aversion::Block);
            let done = futures_util::future::join4(
                futures_util::future::join(turn(me, "lei", block), turn(other, "mei", block)),
                futures_util::future::join(follow::follow(&shop, me, "lei", true), follow::follow(&shop, other, "mei", true)),
                futures_util::future::join(
                    moderation::report(&shop, other, Kind::Post, &code, Reason::Spam, ""),
                    moderation::report(&shop, other, Kind::Post, &code, Reason::Spam, ""),
                ),
                post::like(&shop, other, &code, true),
            )
            .await;
            assert!(done.0.0.is_ok() && done.0.1.is_ok() && done.2.0.is_ok() && done.2.1.is_ok(), "{done:?}");
            shop.verify_is_empty().await;
            turn(me, "lei", Turn::Back).await.unwrap();
            turn(other, "mei", Turn::Back).await.unwrap();
        }
    }
}

both! {
    async fn the_log_shows_what_was_changed_taken_out_or_cut_off(shop) {
        let ops = shop.quick_person("ops").await;
        for version in 0..4 {
            moderation::set_words(&shop, ops, "banned", version, &format!("word {version}")).await.unwrap();
        }
        assert!(audit::check(&shop.db).await.unwrap().is_empty());
        shop.execute("UPDATE audit SET detail = 'nothing' WHERE seq = 2", args![]).await;
        assert_eq!(audit::check(&shop.db).await.unwrap(), ["entry 2"]);
        shop.execute("UPDATE audit SET detail = 'version 2' WHERE seq = 2", args![]).await;
        assert!(audit::check(&shop.db).await.unwrap().is_empty());
        shop.execute("DELETE FROM audit WHERE seq = 4", args![]).await;
        assert_eq!(audit::check(&shop.db).await.unwrap(), ["the end: entry 3 of 4"]);
        shop.execute("DELETE FROM audit WHERE seq = 1", args![]).await;
        assert_eq!(audit::check(&shop.db).await.unwrap().len(), 2);
        let found = shop::verify::run(&shop.db).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, shop::verify::LOG);
        shop.execute("DELETE FROM audit", args![]).await;
        shop.execute("DELETE FROM audit_head", args![]).await;
    }
}
