//! Jobs: what keeps failing is put aside where an operator sees it, and gets its tries back from there.

use crate::support::{NOON, both};
use domain::time::DAY;
use shop::{
    Clock, job,
    payment::sandbox::{self, Action},
};

both! {
    async fn a_job_that_keeps_failing_is_given_up_shown_and_tried_again(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        shop.placed(me, sku).await;
        // Other jobs wait too; this one is looked at.
        let mut at = NOON + DAY;
        for round in 1..=job::MAX_ATTEMPTS {
            let then = shop::Shop { clock: Clock::still(at), ..shop.shop.clone() };
            let (failing, others): (Vec<_>, Vec<_>) =
                job::lease(&then, 50).await.unwrap().into_iter().partition(|j| j.kind == "expire_order");
            assert_eq!(failing.len(), 1, "round {round}");
            let failed = failing.into_iter().map(|j| (j, "the disk is full".to_owned())).collect();
            job::settle(&then, others, failed).await.unwrap();
            at += DAY;
        }
        assert_eq!(job::counts(&shop).await.unwrap(), (0, 1));
        let dead = job::dead(&shop).await.unwrap();
        assert_eq!((dead.len(), dead[0].kind.as_str(), dead[0].error.as_str()), (1, "expire_order", "the disk is full"));
        let then = shop::Shop { clock: Clock::still(at), ..shop.shop.clone() };
        assert!(job::lease(&then, 50).await.unwrap().is_empty(), "what was given up is left alone");
        job::retry(&then, &dead[0].id).await.unwrap();
        assert_eq!(job::retry(&then, &dead[0].id).await.unwrap_err().code(), "not_found");
        assert_eq!(job::lease(&then, 50).await.unwrap().len(), 1);
    }

    async fn a_job_due_at_once_is_handed_over_once_with_its_change_and_looked_for_only_when_nobody_did_it(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(me, sku).await;
        let mut handed = shop.kept.hands.open();
        sandbox::act(&shop, me, &placed.provider_ref, Action::Pay).await.unwrap();
        let job = handed.try_recv().unwrap();
        assert_eq!((job.kind.as_str(), job.attempts), ("sandbox_callback", 1));
        // What is refused hands nothing over, and what was said twice is done once.
        assert!(sandbox::act(&shop, me, &placed.provider_ref, Action::Fail).await.is_err());
        sandbox::act(&shop, me, &placed.provider_ref, Action::Pay).await.unwrap();
        assert!(handed.try_recv().is_err());
        let at = |millis| shop::Shop { clock: Clock::still(NOON + millis), ..shop.shop.clone() };
        assert!(job::lease(&at(0), 50).await.unwrap().is_empty(), "it is in somebody's hands");
        // The worker was killed before it did it.
        let again = job::lease(&at(31_000), 50).await.unwrap();
        assert_eq!(again.iter().map(|j| (j.id, j.attempts)).collect::<Vec<_>>(), [(job.id, 2)]);
        job::settle(&shop, vec![job], Vec::new()).await.unwrap();
        assert_eq!(job::counts(&shop).await.unwrap().0, 3, "the one who lost it takes nothing away");
        job::settle(&shop, again, Vec::new()).await.unwrap();
        assert_eq!(job::counts(&shop).await.unwrap().0, 2);
    }
}
