//! Questions: asked by anybody, answered by whoever has the thing or by the shop, told to a few, taken down and put back.

use crate::{
    review::received,
    support::{NOON, TestShop, both},
};
use domain::{
    Code, Lang,
    after_sale::{Act, Kind as Case},
    id::PersonId,
    moderation::{Aversion, Decision, Kind, Reason, Sanction},
    question::{Gone, May, QUESTIONS_A_DAY, TOLD_A_DAY},
    time::MINUTE,
};
use shop::{
    Clock,
    after_sale::{self, Who},
    inbox,
    moderation::{self, Turn, Verdict},
    question,
};

fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

async fn answer(shop: &shop::Shop, me: PersonId, code: &Code, text: &str) -> Result<(), String> {
    question::answer(shop, me, false, code, text).await.map_err(|e| e.code().to_owned())
}

async fn kinds(shop: &shop::Shop, who: PersonId) -> Vec<String> {
    inbox::list(shop, who, Lang::En, "")
        .await
        .unwrap()
        .notices
        .into_iter()
        .map(|n| n.kind)
        .filter(|k| k.starts_with("question"))
        .collect()
}

/// The jobs that questions leave.
async fn told(shop: &shop::Shop) {
    let jobs = shop::job::lease(shop, 100).await.unwrap();
    for job in jobs.iter().filter(|j| j.kind == "question") {
        question::tell(shop, job.payload.parse().unwrap()).await.unwrap();
    }
    shop::job::settle(shop, jobs, Vec::new()).await.unwrap();
}

/// A question with an answer that is taken down, for the corruptions.
pub async fn asked(shop: &TestShop, owner: PersonId, slug: &str) {
    let asker = shop.quick_person("curious").await;
    let code = question::ask(shop, asker, slug, "Is it heavy?").await.unwrap();
    question::answer(shop, owner, false, &code, "Not at all.").await.unwrap();
}

both! {
    async fn whoever_has_the_thing_answers_and_nobody_else_but_the_shop(shop) {
        let (me, owner, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await);
        let staff = shop.quick_person("ops").await;
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        assert_eq!(question::ask(&shop, me, "nothing", "Is it heavy?").await.unwrap_err().code(), "not_found");
        assert_eq!(question::ask(&shop, me, "a", " \n ").await.unwrap_err().code(), "text_needed");
        assert_eq!(question::ask(&shop, me, "a", "ask me: vx tea_2026").await.unwrap_err().code(), "screen_contact");
        let code = question::ask(&shop, me, "a", "Is  it\nheavy?").await.unwrap();
        assert_eq!(question::ask(&shop, me, "a", "Is it heavy?").await.unwrap(), code, "a form that was sent twice");
        assert_ne!(question::ask(&later(&shop, MINUTE), me, "a", "Is it heavy?").await.unwrap(), code);
        assert_eq!(answer(&shop, me, &code, "I hope not").await.unwrap_err(), "question_own");
        assert_eq!(answer(&shop, owner, &code, "No").await.unwrap_err(), "not_an_owner");
        let ordered = shop.placed(owner, sku).await;
        shop.capture(owner, &ordered).await;
        assert_eq!(answer(&shop, owner, &code, "No").await.unwrap_err(), "not_an_owner", "it has not arrived");
        let placed = received(&shop, owner, sku).await;
        let tries: Vec<_> = (0..6).map(|_| {
            let (shop, code) = (shop.clone(), code.clone());
            tokio::spawn(async move { answer(&shop, owner, &code, "No").await.unwrap() })
        }).collect();
        for done in tries {
            done.await.unwrap();
        }
        answer(&shop, owner, &code, "Two pounds").await.unwrap();
        question::answer(&later(&shop, 1), staff, true, &code, "900 g with its box").await.unwrap();
        assert_eq!(answer(&shop, other, &code, "No idea").await.unwrap_err(), "not_an_owner");
        let view = question::list(&shop, Some((owner, false)), Lang::En, "a", "").await.unwrap();
        assert_eq!((view.may, view.questions.len(), view.questions[1].count), (May::Answer, 2, 2));
        let said: Vec<_> = view.questions[1].answers.iter().map(|a| (a.text.as_str(), a.by_shop, a.mine)).collect();
        assert_eq!(said, [("Two pounds", false, true), ("900 g with its box", true, false)]);
        assert_eq!((view.questions[1].answers[0].name.as_str(), view.questions[1].answers[1].name.as_str()), ("lei", ""), "the shop speaks, not who wrote it");
        for (who, may) in [(None, May::LogIn), (Some((other, false)), May::Ask), (Some((staff, true)), May::AnswerForShop)] {
            assert_eq!(question::show(&shop, who, Lang::En, &code).await.unwrap().may, may);
        }
        let shown = question::of_product(&shop, None, shop::catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().id).await.unwrap();
        assert_eq!((shown.count, shown.some[0].answer.as_deref(), shown.some[0].answers), (2, Some("Two pounds"), 2));
        assert_eq!(kinds(&shop, me).await, ["question_answered"], "one notice of two people");
        // Whoever gave it back does not have it; what he said stays.
        let case = after_sale::open(&shop, crate::after_sale::wish(owner, &placed, Case::Refund, &[(0, 1)], "back")).await.unwrap();
        after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
        assert_eq!(answer(&shop, owner, &code, "I gave it back").await.unwrap_err(), "not_an_owner");
        assert_eq!(question::show(&shop, None, Lang::En, &code).await.unwrap().questions[0].answers.len(), 2);
    }

    async fn some_who_have_it_are_told_a_few_times_a_day_and_nobody_whom_they_block(shop) {
        let (me, rude) = (shop.quick_person("mei").await, shop.quick_person("rude").await);
        let sku = shop.product("a", "m", 1_000, 99).await[0];
        let mut owners = Vec::new();
        for i in 0..7 {
            let owner = shop.quick_person(&format!("owner{i}")).await;
            received(&shop, owner, sku).await;
            owners.push(owner);
        }
        received(&shop, me, sku).await;
        question::ask(&shop, me, "a", "Is it heavy?").await.unwrap();
        told(&shop).await;
        told(&shop).await;
        let mut heard = Vec::new();
        for owner in &owners {
            if kinds(&shop, *owner).await == ["question_asked"] {
                heard.push(*owner);
            }
        }
        assert_eq!((heard.len(), kinds(&shop, me).await.len()), (5, 0));
        let told_of = inbox::list(&shop, heard[0], Lang::En, "").await.unwrap().notices;
        let link = &told_of.iter().find(|n| n.kind == "question_asked").unwrap().link;
        assert!(link.starts_with("/questions/"), "{link}");
        moderation::turn(&shop, heard[0], "rude", Turn::To(Aversion::Block)).await.unwrap();
        let code = question::ask(&shop, rude, "a", "What is wrong with it?").await.unwrap();
        told(&shop).await;
        assert_eq!((kinds(&shop, heard[0]).await.len(), kinds(&shop, heard[1]).await.len()), (1, 2));
        assert_eq!(answer(&shop, heard[0], &code, "Nothing").await.unwrap_err(), "averse");
        let unseen = question::list(&shop, Some((heard[0], false)), Lang::En, "a", "").await.unwrap();
        assert_eq!(unseen.questions.len(), 1);
        let product = shop::catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().id;
        let shown = question::of_product(&shop, Some(heard[0]), product).await.unwrap();
        assert_eq!((shown.count, shown.some.len(), shown.some[0].text.as_str()), (2, 1, "Is it heavy?"));
        for i in 0..QUESTIONS_A_DAY - 1 {
            question::ask(&shop, me, "a", &format!("And is it {i} cm wide?")).await.unwrap();
        }
        assert_eq!(question::ask(&shop, me, "a", "And how tall?").await.unwrap_err().code(), "too_many_questions");
        told(&shop).await;
        // Those are told then who have not heard as much today.
        for owner in &owners {
            assert!(i64::try_from(kinds(&shop, *owner).await.len()).unwrap() <= TOLD_A_DAY);
        }
        let fresh = owners.iter().find(|o| !heard.contains(o)).unwrap();
        assert!(!kinds(&shop, *fresh).await.is_empty());
    }

    async fn pages_of_questions_follow_each_other_and_what_is_taken_back_is_gone(shop) {
        let owner = shop.quick_person("lei").await;
        let sku = shop.product("a", "m", 1_000, 99).await[0];
        received(&shop, owner, sku).await;
        let mut codes = Vec::new();
        for i in 0..23 {
            let who = shop.quick_person(&format!("asker{i}")).await;
            codes.push((who, question::ask(&shop, who, "a", "Is it heavy?").await.unwrap()));
        }
        let list = async |after: &str| question::list(&shop, None, Lang::En, "a", after).await.unwrap();
        let first = list("").await;
        let second = list(first.next.as_deref().unwrap()).await;
        assert_eq!((first.questions.len(), second.questions.len(), second.next), (20, 3, None));
        let (asker, code) = codes.remove(0);
        answer(&shop, owner, &code, "No").await.unwrap();
        let other = codes.remove(0).1;
        assert_eq!(question::delete(&shop, owner, &other).await.unwrap_err().code(), "not_found");
        question::delete(&shop, asker, &code).await.unwrap();
        // A question with answers leaves a tombstone; without any it is gone.
        let tombstone = question::show(&shop, None, Lang::En, &code).await.unwrap();
        assert_eq!((tombstone.questions[0].said.gone, tombstone.questions[0].said.text.as_str(), tombstone.questions[0].answers.len()), (Some(Gone::Deleted), "", 1));
        let mine = tombstone.questions[0].answers[0].code.clone();
        question::delete(&shop, owner, &mine).await.unwrap();
        assert_eq!(question::show(&shop, None, Lang::En, &code).await.unwrap_err().code(), "not_found");
        assert_eq!(answer(&shop, owner, &code, "No").await.unwrap_err(), "not_found");
        assert_eq!(list("").await.questions.len() + list(list("").await.next.as_deref().unwrap()).await.questions.len(), 22);
        // Taken back, it may be said again.
        answer(&shop, owner, &other, "No").await.unwrap();
        let said = question::show(&shop, None, Lang::En, &other).await.unwrap().questions[0].answers[0].code.clone();
        for _ in 0..2 {
            question::delete(&shop, owner, &said).await.unwrap();
        }
        answer(&shop, owner, &other, "A little").await.unwrap();
        assert_eq!(question::show(&shop, None, Lang::En, &other).await.unwrap().questions[0].count, 1);
    }

    async fn a_question_and_an_answer_are_taken_down_and_put_back(shop) {
        let (me, owner, reader) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await);
        let (judge, second) = (shop.quick_person("judge").await, shop.quick_person("second").await);
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        received(&shop, owner, sku).await;
        let code = question::ask(&shop, me, "a", "Is it heavy?").await.unwrap();
        answer(&shop, owner, &code, "Ask your mother").await.unwrap();
        let said = question::show(&shop, None, Lang::En, &code).await.unwrap().questions[0].answers[0].code.clone();
        assert_eq!(moderation::report(&shop, reader, Kind::Question, &said, Reason::Hate, "").await.unwrap_err().code(), "not_found");
        let case = moderation::report(&shop, reader, Kind::Answer, &said, Reason::Hate, "").await.unwrap();
        let desk = moderation::desk(&shop, judge, &case).await.unwrap();
        assert_eq!((desk.case.kind, desk.text.as_str(), desk.case.link.as_deref()), (Kind::Answer, "Ask your mother", Some(format!("/questions/{code}#a-{said}").as_str())));
        // Said better since, it is looked at again.
        answer(&later(&shop, 1), owner, &code, "Ask your brother").await.unwrap();
        let verdict = |saw| Verdict { decision: Decision::Remove, reason: Some(Reason::Hate), sanction: Sanction::None, note: String::new(), saw, hide_earlier: false };
        assert_eq!(moderation::decide(&shop, judge, &case, verdict(desk.saw)).await.unwrap_err().code(), "case_moved");
        let saw = moderation::desk(&shop, judge, &case).await.unwrap().saw;
        moderation::decide(&shop, judge, &case, verdict(saw)).await.unwrap();
        let view = question::show(&shop, None, Lang::En, &code).await.unwrap();
        assert_eq!((view.questions[0].count, view.questions[0].answers.len()), (0, 0));
        assert_eq!(answer(&later(&shop, 2), owner, &code, "Ask again").await.unwrap_err(), "answer_removed", "he appeals instead");
        moderation::appeal(&shop, owner, &case, "I meant well.").await.unwrap();
        moderation::judge(&shop, second, &case, false, "").await.unwrap();
        assert_eq!(question::show(&shop, None, Lang::En, &code).await.unwrap().questions[0].answers[0].text, "Ask your brother");
        let case = moderation::report(&shop, reader, Kind::Question, &code, Reason::Spam, "").await.unwrap();
        let saw = moderation::desk(&shop, judge, &case).await.unwrap().saw;
        moderation::decide(&shop, judge, &case, verdict(saw)).await.unwrap();
        let tombstone = question::show(&shop, Some((me, false)), Lang::En, &code).await.unwrap();
        assert_eq!((tombstone.questions[0].said.gone, tombstone.questions[0].said.text.as_str()), (Some(Gone::Removed), ""));
        assert_eq!(kinds(&shop, me).await.iter().filter(|k| *k == "question_removed").count(), 1);
        assert_eq!(answer(&shop, owner, &code, "x").await.unwrap_err(), "not_found");
        // What its author has taken back is no case any more.
        let again = question::ask(&later(&shop, MINUTE * 2), me, "a", "Is it light?").await.unwrap();
        let case = moderation::report(&shop, reader, Kind::Question, &again, Reason::Spam, "").await.unwrap();
        question::delete(&shop, me, &again).await.unwrap();
        assert_eq!(moderation::case(&shop, reader, &case).await.unwrap().decision, Some(Decision::Moot));
    }
}
