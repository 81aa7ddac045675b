//! Jobs: what keeps failing is put aside where an operator sees it, and gets its tries back from there.

use crate::support::{NOON, both};
use domain::time::DAY;
use shop::{Clock, job};

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
}
