//! Polls: one vote each, until it closes; who sees what came of it; that everything counted is there.

use crate::{
    post::{a_draft, change, view},
    support::{NOON, TestShop, both},
};
use domain::{
    Code,
    id::PersonId,
    poll::{Kind, NewPoll, PollView, Shows},
    post::Visibility,
    time::DAY,
};
use shop::{
    Clock, Shop, poll,
    post::{self, Asks, Change},
};

fn a_poll(kind: Kind, shows: Shows) -> NewPoll {
    let options = ["tea", "coffee", "water"].map(str::to_owned);
    NewPoll::new(kind, &options, shows, 3, Some(1)).unwrap()
}

async fn asked(shop: &Shop, me: PersonId, poll: NewPoll, visibility: Visibility) -> Code {
    let code = shop.rng.code();
    let with = Change { asks: Asks::Poll(poll), ..change(a_draft("What do you drink?", "", visibility)) };
    post::save(shop, me, &code, with).await.unwrap();
    post::publish(shop, me, &code, false).await.unwrap();
    code
}

/// A poll that somebody has voted in.
pub async fn voted(shop: &TestShop, me: PersonId) {
    let code = asked(shop, me, a_poll(Kind::Single, Shows::Always), Visibility::Public).await;
    let voter = shop.quick_person("voter").await;
    poll::vote(shop, voter, &code, &[1]).await.unwrap();
}

fn later(shop: &TestShop, by: i64) -> Shop {
    Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

fn votes(poll: &PollView) -> Vec<Option<i64>> {
    poll.options.iter().map(|o| o.votes).collect()
}

both! {
    async fn everybody_has_one_vote_which_he_may_change_until_the_poll_closes(shop) {
        let me = shop.quick_person("mei").await;
        let code = asked(&shop, me, a_poll(Kind::Single, Shows::Always), Visibility::Public).await;
        let (a, b) = (shop.quick_person("a").await, shop.quick_person("b").await);
        for _ in 0..2 {
            assert_eq!(votes(&poll::vote(&shop, a, &code, &[0]).await.unwrap()), [Some(1), Some(0), Some(0)]);
        }
        let now = poll::vote(&shop, b, &code, &[1]).await.unwrap();
        assert_eq!((now.voters, now.voted, votes(&now)), (2, true, vec![Some(1), Some(1), Some(0)]));
        assert_eq!(now.options.iter().map(|o| o.share).collect::<Vec<_>>(), [50, 50, 0]);
        let now = poll::vote(&shop, a, &code, &[2]).await.unwrap();
        assert_eq!((now.voters, votes(&now)), (2, vec![Some(0), Some(1), Some(1)]));
        assert_eq!(now.options.iter().map(|o| o.mine).collect::<Vec<_>>(), [None, None, Some(1)]);
        for (picks, code_of) in [(&[0_usize, 1][..], "poll_pick"), (&[], "poll_pick"), (&[7], "bad_request")] {
            assert_eq!(poll::vote(&shop, a, &code, picks).await.unwrap_err().code(), code_of);
        }
        let over = later(&shop, 3 * DAY);
        assert_eq!(poll::vote(&over, a, &code, &[0]).await.unwrap_err().code(), "poll_closed");
        assert!(poll::vote(&over, a, &code, &[2]).await.unwrap().closed, "what stands already is no new vote");
        let plain = crate::post::published(&shop, me, "No question", "x", Visibility::Public).await;
        assert_eq!(poll::vote(&shop, a, &plain, &[0]).await.unwrap_err().code(), "not_found");
    }

    async fn a_quiz_is_answered_once_and_says_then_which_was_right(shop) {
        let me = shop.quick_person("mei").await;
        let code = asked(&shop, me, a_poll(Kind::Quiz, Shows::Voted), Visibility::Public).await;
        let before = view(&shop, None, &code).await.unwrap().poll.unwrap();
        assert!(before.options.iter().all(|o| o.right.is_none() && o.votes.is_none()));
        let a = shop.quick_person("a").await;
        let after = poll::vote(&shop, a, &code, &[0]).await.unwrap();
        assert_eq!(after.options.iter().map(|o| o.right).collect::<Vec<_>>(), [Some(false), Some(true), Some(false)]);
        assert!(!after.may_vote);
        assert_eq!(poll::vote(&shop, a, &code, &[1]).await.unwrap_err().code(), "quiz_answered");
        assert!(view(&shop, None, &code).await.unwrap().poll.unwrap().options.iter().all(|o| o.right.is_none()));
        let over = later(&shop, 3 * DAY);
        assert_eq!(view(&over, None, &code).await.unwrap().poll.unwrap().options[1].right, Some(true));
    }

    async fn what_came_of_it_is_seen_by_those_whom_the_author_chose_and_the_author_sees_no_more(shop) {
        let (me, a, b) = (shop.quick_person("mei").await, shop.quick_person("a").await, shop.quick_person("b").await);
        for (shows, [by_author, by_voter, by_other]) in
            [(Shows::Always, [true, true, true]), (Shows::Voted, [false, true, false]), (Shows::Closed, [false, false, false])]
        {
            let code = asked(&shop, me, a_poll(Kind::Several, shows), Visibility::Public).await;
            poll::vote(&shop, a, &code, &[2, 0]).await.unwrap();
            let sees = async |shop: &Shop, who| {
                let poll = view(shop, Some(who), &code).await.unwrap().poll.unwrap();
                assert_eq!(poll.voters, 1);
                poll.options.iter().all(|o| o.votes.is_some())
            };
            assert_eq!([sees(&shop, me).await, sees(&shop, a).await, sees(&shop, b).await], [by_author, by_voter, by_other], "{shows:?}");
            let over = later(&shop, 3 * DAY);
            assert!(sees(&over, b).await);
            let shares = view(&over, None, &code).await.unwrap().poll.unwrap().options.iter().map(|o| o.share).collect::<Vec<_>>();
            assert_eq!(shares, [100, 0, 100], "of the people");
        }
    }

    async fn ranked_ballots_are_counted_by_run_off(shop) {
        let me = shop.quick_person("mei").await;
        let code = asked(&shop, me, a_poll(Kind::Ranked, Shows::Always), Visibility::Public).await;
        for (i, picks) in [[0_usize, 1], [0, 1], [1, 0], [1, 2], [2, 1]].iter().enumerate() {
            let who = shop.quick_person(&format!("r{i}")).await;
            poll::vote(&shop, who, &code, picks).await.unwrap();
        }
        let poll = view(&shop, None, &code).await.unwrap().poll.unwrap();
        assert_eq!((votes(&poll), poll.rounds), (vec![Some(2), Some(2), Some(1)], 2));
        assert_eq!(poll.options.iter().map(|o| o.won).collect::<Vec<_>>(), [false, true, false]);
    }

    async fn two_hundred_votes_at_once_are_two_hundred_votes(shop) {
        let me = shop.quick_person("mei").await;
        let code = asked(&shop, me, a_poll(Kind::Single, Shows::Always), Visibility::Public).await;
        let mut people = Vec::new();
        for i in 0..20 {
            people.push(shop.quick_person(&format!("p{i}")).await);
        }
        // Each ten times: the last of them stands.
        let one = async |i: usize| poll::vote(&shop, people[i % 20], &code, &[(i / 20) % 3]).await.unwrap();
        futures_util::future::join_all((0..200).map(one)).await;
        let poll = view(&shop, None, &code).await.unwrap().poll.unwrap();
        assert_eq!((poll.voters, votes(&poll).into_iter().flatten().sum::<i64>()), (20, 20));
    }

    async fn a_poll_is_as_its_draft_was_and_gone_with_its_post_and_only_for_whom_that_is(shop) {
        let (me, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let code = shop.rng.code();
        let save = async |asks: Asks| {
            let with = Change { asks, ..change(a_draft("What do you drink?", "", Visibility::Followers)) };
            post::save(&shop, me, &code, with).await.unwrap();
            post::composer(&shop, me, domain::Lang::En, Some(&code), false, "").await.unwrap().poll
        };
        assert_eq!(save(Asks::Poll(a_poll(Kind::Quiz, Shows::Always))).await.unwrap().right, Some(1));
        assert_eq!(save(Asks::AsBefore).await.unwrap().kind, Kind::Quiz);
        assert_eq!(save(Asks::Nothing).await, None);
        assert_eq!(save(Asks::Poll(a_poll(Kind::Single, Shows::Always))).await.unwrap().options.len(), 3);
        post::publish(&shop, me, &code, false).await.unwrap();
        assert_eq!(save(Asks::Nothing).await.unwrap().kind, Kind::Single, "what was published stays");
        assert_eq!(poll::vote(&shop, other, &code, &[0]).await.unwrap_err().code(), "not_found", "for followers");
        shop::follow::follow(&shop, other, "mei", true).await.unwrap();
        poll::vote(&shop, other, &code, &[0]).await.unwrap();
        post::delete(&shop, me, &code).await.unwrap();
        assert_eq!(poll::vote(&shop, other, &code, &[1]).await.unwrap_err().code(), "not_found");
        shop.verify_is_empty().await;
    }

    async fn what_a_poll_says_is_looked_at_like_its_post(shop) {
        let me = shop.quick_person("mei").await;
        let code = shop.rng.code();
        let options = ["tea", "add me: weixin tea_2026"].map(str::to_owned);
        let poll = NewPoll::new(Kind::Single, &options, Shows::Always, 3, None).unwrap();
        let with = Change { asks: Asks::Poll(poll), ..change(a_draft("What do you drink?", "", Visibility::Public)) };
        post::save(&shop, me, &code, with).await.unwrap();
        assert_eq!(post::publish(&shop, me, &code, false).await.unwrap_err().code(), "screen_contact");
    }
}
