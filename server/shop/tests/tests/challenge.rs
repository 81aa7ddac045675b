//! Challenges: what competes, who votes for it, when it is decided and by whom.

use crate::{
    post::{published, view},
    support::{NOON, TestShop, both},
};
use domain::{
    Code, Lang,
    challenge::{How, Sort, State, Terms, VOTES_EACH},
    id::PersonId,
    post::Visibility,
    time::{DAY, HOUR},
};
use shop::{
    Clock, challenge, inbox, moderation,
    post::{self, Change},
};

fn on(shop: &shop::Shop, day: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + day * DAY), ..shop.clone() }
}

/// It runs from the first day to the eighth.
fn terms(topic: &str, how: How) -> Terms {
    Terms {
        topic: topic.into(),
        title: "First cup".into(),
        rules: "Your own picture.".into(),
        prize: "A teapot".into(),
        how,
        winners: 2,
        starts_at: NOON + DAY,
        ends_at: NOON + 8 * DAY,
    }
}

async fn made(shop: &shop::Shop, by: PersonId, how: How) -> Code {
    challenge::create(shop, by, terms("tea", how), &shop.rng.code().as_str().repeat(3)).await.unwrap()
}

async fn vote(shop: &shop::Shop, me: PersonId, code: &Code, post: &Code, on: bool) -> Result<i64, String> {
    challenge::vote(shop, me, code, post, on).await.map(|t| t.n).map_err(|e| e.code().to_owned())
}

async fn shown(shop: &shop::Shop, me: Option<PersonId>, code: &Code) -> domain::challenge::ChallengeView {
    challenge::show(shop, me, code, Sort::Top, "", false).await.unwrap()
}

async fn won(shop: &shop::Shop, code: &Code) -> Vec<(String, i64)> {
    shown(shop, None, code)
        .await
        .placed
        .into_iter()
        .map(|e| (e.post.map_or_else(String::new, |p| p.title), e.votes))
        .collect()
}

/// A challenge that was decided, for the corruptions.
pub async fn decided(shop: &TestShop, by: PersonId) {
    let (writer, voter) = (shop.quick_person("tea-writer").await, shop.quick_person("tea-voter").await);
    let code = made(shop, by, How::Votes).await;
    let (third, after) = (on(shop, 3), on(shop, 9));
    let entry = published(&third, writer, "Mine", "#tea", Visibility::Public).await;
    let second = published(&third, voter, "Other", "#tea", Visibility::Public).await;
    for (who, post) in [(voter, &entry), (by, &entry), (writer, &second)] {
        challenge::vote(&third, who, &code, post, true).await.unwrap();
    }
    challenge::end(&after, &code).await.unwrap();
}

both! {
    async fn what_was_posted_under_the_topic_while_it_ran_competes_and_nothing_else(shop) {
        let (ops, me) = (shop.quick_person("ops").await, shop.quick_person("mei").await);
        let code = made(&shop, ops, How::Votes).await;
        let (third, ninth) = (on(&shop, 3), on(&shop, 9));
        published(&shop, me, "Too early", "#tea", Visibility::Public).await;
        let entry = published(&third, me, "In time", "#Tea", Visibility::Public).await;
        let fans = published(&third, me, "For fewer", "#tea", Visibility::Followers).await;
        published(&third, me, "Another topic", "#coffee", Visibility::Public).await;
        published(&ninth, me, "Too late", "#tea", Visibility::Public).await;
        let seen = challenge::show(&third, None, &code, Sort::New, "", false).await.unwrap();
        let titles: Vec<_> = seen.entries.iter().map(|e| e.post.as_ref().unwrap().title.as_str()).collect();
        assert_eq!((titles, seen.card.entries, seen.card.state), (vec!["In time"], 1, State::Open));
        assert_eq!(view(&third, None, &entry).await.unwrap().competes.len(), 1);
        assert!(view(&third, Some(me), &fans).await.unwrap().competes.is_empty());
        let topic = post::topic(&third, None, "tea", "").await.unwrap();
        assert_eq!(topic.challenge.map(|c| c.code), Some(code.clone()));
        post::delete(&third, me, &entry).await.unwrap();
        assert_eq!(shown(&third, None, &code).await.card.entries, 0);
        assert_eq!(challenge::show(&third, None, &shop.rng.code(), Sort::New, "", false).await.unwrap_err().code(), "not_found");
    }

    async fn a_challenge_is_made_once_and_alone_in_its_time(shop) {
        let ops = shop.quick_person("ops").await;
        let key = "k".repeat(20);
        let first = challenge::create(&shop, ops, terms("tea", How::Votes), &key).await.unwrap();
        assert_eq!(challenge::create(&shop, ops, terms("tea", How::Votes), &key).await.unwrap(), first);
        let again = |from: i64, topic: &'static str| {
            let terms = Terms { starts_at: NOON + from * DAY, ends_at: NOON + (from + 2) * DAY, ..terms(topic, How::Jury) };
            let shop = shop.clone();
            async move {
                let key = shop.rng.code().as_str().repeat(3);
                challenge::create(&shop, ops, terms, &key).await.map_err(|e| e.code().to_owned())
            }
        };
        assert_eq!(again(7, "TEA").await, Err("challenge_overlaps".into()));
        assert!(again(8, "tea").await.is_ok(), "one behind the other");
        assert!(again(7, "coffee").await.is_ok());
        challenge::cancel(&shop, ops, &first).await.unwrap();
        assert_eq!(challenge::cancel(&shop, ops, &first).await.unwrap_err().code(), "challenge_over");
        assert!(again(3, "tea").await.is_ok(), "what was called off is not in the way");
        let races: Vec<_> = (0..8).map(|_| tokio::spawn(again(20, "race"))).collect();
        let mut made = 0;
        for race in races {
            made += usize::from(race.await.unwrap().is_ok());
        }
        assert_eq!(made, 1);
    }

    async fn each_votes_a_few_times_never_for_himself_and_never_behind_the_end(shop) {
        let (ops, me, voter) = (shop.quick_person("ops").await, shop.quick_person("mei").await, shop.quick_person("lei").await);
        let code = made(&shop, ops, How::Votes).await;
        let (third, late) = (on(&shop, 3), on(&shop, 8));
        let mut posts = Vec::new();
        for n in 0..=VOTES_EACH {
            posts.push(published(&third, me, &format!("Cup {n}"), "#tea", Visibility::Public).await);
        }
        assert_eq!(vote(&third, me, &code, &posts[0], true).await, Err("challenge_own".into()));
        let fresh = shop.quick_person("fresh").await;
        shop.execute("UPDATE person SET created_at = $1 WHERE id = $2", shop::args![NOON + 3 * DAY - HOUR, fresh]).await;
        assert_eq!(vote(&third, fresh, &code, &posts[0], true).await, Err("challenge_too_new".into()));
        for _ in 0..2 {
            assert_eq!(vote(&third, voter, &code, &posts[0], true).await, Ok(1), "the same vote is one");
        }
        for post in &posts[1..3] {
            vote(&third, voter, &code, post, true).await.unwrap();
        }
        assert_eq!(vote(&third, voter, &code, &posts[3], true).await, Err("challenge_votes_used".into()));
        for _ in 0..2 {
            assert_eq!(vote(&third, voter, &code, &posts[0], false).await, Ok(0), "taken back twice is taken back");
        }
        assert_eq!(shown(&third, Some(voter), &code).await.left, Some(1));
        assert_eq!(vote(&third, voter, &code, &posts[3], true).await, Ok(1));
        post::delete(&third, me, &posts[1]).await.unwrap();
        assert_eq!(vote(&third, voter, &code, &posts[0], true).await, Ok(1), "a vote for what has gone can be given again");
        assert_eq!(vote(&third, voter, &code, &posts[1], true).await, Err("not_found".into()));
        moderation::turn(&third, me, "ops", moderation::Turn::To(domain::moderation::Aversion::Block)).await.unwrap();
        assert_eq!(vote(&third, ops, &code, &posts[0], true).await, Err("averse".into()));
        assert_eq!(vote(&late, voter, &code, &posts[0], false).await, Err("challenge_over".into()));
        assert_eq!(shown(&late, None, &code).await.card.state, State::Judging);
        // What has left the topic keeps its votes, and can be given back by whoever gave them, also when he may not write.
        let moved = Change { products: Vec::new(), ..crate::post::change(domain::post::Draft::new("Cup 2", "elsewhere", "", Visibility::Public, false).unwrap()) };
        post::save(&third, me, &posts[2], moved).await.unwrap();
        assert_eq!(vote(&third, voter, &code, &posts[1], true).await, Err("not_found".into()));
        let one_more = published(&third, me, "One more", "#tea", Visibility::Public).await;
        assert_eq!(vote(&third, voter, &code, &one_more, true).await, Err("challenge_votes_used".into()), "a vote that sleeps is given");
        assert_eq!(vote(&third, voter, &code, &posts[2], false).await, Ok(0));
        assert_eq!(vote(&third, voter, &code, &one_more, true).await, Ok(1));
        let card = view(&third, Some(voter), &posts[0]).await.unwrap().competes;
        assert_eq!((card[0].votes.n, card[0].votes.mine, card[0].left), (1, true, 0));
    }

    async fn votes_and_the_end_at_once_leave_a_decision_that_counts_what_was_taken(shop) {
        let ops = shop.quick_person("ops").await;
        let code = made(&shop, ops, How::Votes).await;
        let third = on(&shop, 3);
        let mut entries = Vec::new();
        for n in 0..3 {
            let writer = shop.quick_person(&format!("writer{n}")).await;
            entries.push(published(&third, writer, &format!("Entry {n}"), "#tea", Visibility::Public).await);
        }
        let mut voters = Vec::new();
        for n in 0..24 {
            voters.push(shop.quick_person(&format!("voter{n}")).await);
        }
        let hands: Vec<_> = voters.iter().enumerate().flat_map(|(n, who)| {
            let (shop, code, who) = (third.clone(), code.clone(), *who);
            // Each of two entries by all, the third by half of them.
            entries.iter().take(2 + n % 2).cloned().map(move |entry| {
                let (shop, code) = (shop.clone(), code.clone());
                tokio::spawn(async move { vote(&shop, who, &code, &entry, true).await })
            }).collect::<Vec<_>>()
        }).collect();
        let ends: Vec<_> = (0..3).map(|_| {
            let (shop, code) = (on(&shop, 9), code.clone());
            tokio::spawn(async move { challenge::end(&shop, &code).await })
        }).collect();
        let mut taken = 0;
        for hand in hands {
            match hand.await.unwrap() {
                Ok(_) => taken += 1,
                Err(code) => assert_eq!(code, "challenge_over"),
            }
        }
        for end in ends {
            end.await.unwrap().unwrap();
        }
        let view = shown(&on(&shop, 9), None, &code).await;
        assert_eq!((view.card.state, view.card.votes), (State::Decided, taken));
        let counted: Vec<i64> = view.placed.iter().map(|e| e.votes).collect();
        let mut best: Vec<i64> = view.entries.iter().map(|e| e.votes).collect();
        best.truncate(2);
        assert_eq!(counted, best, "the winners are the most voted for, with all that was taken");
    }

    async fn by_votes_the_most_voted_for_win_each_author_once_and_are_told(shop) {
        let (ops, a, b, c) = (shop.quick_person("ops").await, shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await);
        let code = made(&shop, ops, How::Votes).await;
        let third = on(&shop, 3);
        let first = published(&third, a, "First", "#tea", Visibility::Public).await;
        let second = published(&third, a, "Second of the same", "#tea", Visibility::Public).await;
        let other = published(&on(&shop, 4), b, "Other", "#tea", Visibility::Public).await;
        published(&third, c, "Without votes", "#tea", Visibility::Public).await;
        let fourth = on(&shop, 5);
        for (who, post) in [(b, &first), (c, &first), (ops, &first), (b, &second), (c, &second), (a, &other)] {
            vote(&fourth, who, &code, post, true).await.unwrap();
        }
        challenge::end(&fourth, &code).await.unwrap();
        assert_eq!(won(&shop, &code).await, [], "not before its end");
        let after = on(&shop, 8);
        for _ in 0..2 {
            challenge::end(&after, &code).await.unwrap();
        }
        assert_eq!(won(&after, &code).await, [("First".to_owned(), 3), ("Other".to_owned(), 1)]);
        let told = inbox::list(&after, a, Lang::En, "").await.unwrap().notices;
        let told: Vec<_> = told.into_iter().filter(|n| n.kind == "challenge_won").map(|n| (n.link, n.amount)).collect();
        assert_eq!(told, [(format!("/challenges/{code}"), Some(1))], "once");
        assert_eq!(vote(&fourth, ops, &code, &second, true).await, Err("challenge_over".into()), "of a clock that is late");
        post::delete(&after, a, &first).await.unwrap();
        assert_eq!(won(&after, &code).await, [(String::new(), 3), ("Other".to_owned(), 1)], "the decision stands, what it was for says nothing");
        assert_eq!(view(&after, None, &other).await.unwrap().competes[0].place, Some(2));
    }

    async fn the_list_of_the_jury_is_said_once_and_holds_what_competed(shop) {
        let (ops, a, b) = (shop.quick_person("ops").await, shop.quick_person("mei").await, shop.quick_person("lei").await);
        let code = made(&shop, ops, How::Jury).await;
        let (third, after) = (on(&shop, 3), on(&shop, 8));
        let one = published(&third, a, "One", "#tea", Visibility::Public).await;
        let twin = published(&third, a, "Twin", "#tea", Visibility::Public).await;
        let two = published(&third, b, "Two", "#tea", Visibility::Public).await;
        let elsewhere = published(&third, b, "Elsewhere", "#coffee", Visibility::Public).await;
        assert_eq!(vote(&third, b, &code, &one, true).await, Err("not_found".into()), "nobody votes where the jury decides");
        let judge = async |at: &shop::Shop, list: &[&Code]| {
            let list: Vec<Code> = list.iter().map(|c| (*c).clone()).collect();
            challenge::judge(at, ops, &code, &list, "Lovely cups.").await.map_err(|e| e.code().to_owned())
        };
        assert_eq!(judge(&third, &[&one]).await, Err("challenge_open".into()));
        challenge::end(&after, &code).await.unwrap();
        assert_eq!(shown(&after, None, &code).await.card.state, State::Judging, "it waits for the jury");
        let own = published(&third, ops, "By whoever judges", "#tea", Visibility::Public).await;
        challenge::end(&after, &code).await.unwrap();
        assert_eq!(judge(&after, &[&own]).await, Err("challenge_own".into()));
        // What names the topic only afterwards did not compete.
        let named = crate::post::change(domain::post::Draft::new("Elsewhere", "#tea", "", Visibility::Public, false).unwrap());
        post::save(&after, b, &elsewhere, named).await.unwrap();
        assert_eq!(judge(&after, &[]).await, Err("challenge_list".into()));
        assert_eq!(judge(&after, &[&one, &twin]).await, Err("challenge_list".into()), "each author once");
        assert_eq!(judge(&after, &[&one, &two, &twin]).await, Err("challenge_list".into()), "more than there are places");
        assert_eq!(judge(&after, &[&elsewhere]).await, Err("challenge_not_entry".into()));
        judge(&after, &[&two, &one]).await.unwrap();
        assert_eq!(judge(&after, &[&one]).await, Err("challenge_over".into()));
        assert_eq!(won(&after, &code).await.into_iter().map(|w| w.0).collect::<Vec<_>>(), ["Two", "One"]);
        assert_eq!(shown(&after, None, &code).await.statement, "Lovely cups.");
    }
}
