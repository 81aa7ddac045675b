//! What came of posts: counts of people, each once a day, and nothing about anybody.

use crate::{
    post::published,
    support::{NOON, both},
};
use domain::{creator::Group, post::Visibility, time::DAY};
use shop::{Clock, Shop, creator, follow, post};

both! {
    async fn who_opens_a_post_counts_once_a_day_and_on_the_next_day_again(shop) {
        let me = shop.quick_person("mei").await;
        let code = published(&shop, me, "Tea", "#tea", Visibility::Public).await;
        let gone = published(&shop, me, "Gone", "#tea", Visibility::Public).await;
        for _ in 0..3 {
            for eye in [7, 8] {
                creator::viewed(&shop, &code, eye);
            }
            creator::clicked(&shop, &code, 7);
            creator::viewed(&shop, &gone, 7);
            creator::viewed(&shop, &shop.rng.code(), 7);
            creator::flush(&shop).await.unwrap();
        }
        let tomorrow = Shop { clock: Clock::still(NOON + DAY), ..shop.shop.clone() };
        creator::viewed(&tomorrow, &code, 7);
        creator::flush(&tomorrow).await.unwrap();
        post::delete(&shop, me, &gone).await.unwrap();
        let desk = creator::desk(&tomorrow, me).await.unwrap();
        assert_eq!(desk.posts.len(), 1);
        assert_eq!((desk.posts[0].views, desk.posts[0].clicks, desk.views, desk.clicks), (3, 1, 3, 1));
        let later = Shop { clock: Clock::still(NOON + 40 * DAY), ..shop.shop.clone() };
        assert_eq!(creator::desk(&later, me).await.unwrap().views, 0, "of the last days only");
        let nobody = creator::desk(&shop, shop.quick_person("lei").await).await.unwrap();
        assert_eq!((nobody.posts.len(), nobody.audience, nobody.views), (0, 0, 0));
    }

    async fn followers_come_on_days_and_acts_at_hours_and_parts_of_the_audience_are_coarse(shop) {
        let me = shop.quick_person("mei").await;
        let code = published(&shop, me, "Tea", "#tea", Visibility::Public).await;
        for i in 0..45 {
            let who = shop.quick_person(&format!("p{i}")).await;
            post::like(&shop, who, &code, true).await.unwrap();
            if i < 22 {
                follow::follow(&shop, who, "mei", true).await.unwrap();
            }
        }
        post::like(&shop, me, &code, true).await.unwrap();
        let desk = creator::desk(&shop, me).await.unwrap();
        assert_eq!((desk.audience, desk.followers, desk.likes), (45, 22, 46), "oneself is no audience");
        assert_eq!((desk.followed.len(), desk.followed.last(), desk.followed.iter().sum::<i64>()), (28, Some(&22), 22));
        assert_eq!((desk.hours.len(), desk.hours.iter().sum::<i64>(), desk.hours.iter().max()), (24, 45, Some(&45)));
        let share = |group: Group| desk.parts.iter().find(|p| p.group == group).unwrap().share;
        assert_eq!(share(Group::Followers), Some(49));
        assert_eq!((share(Group::Buyers), share(Group::New)), (None, None), "nobody, and everybody");
    }
}
