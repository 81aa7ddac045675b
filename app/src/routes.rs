//! Every path, in one table.
//!
//! Pages are loaded in four parts: the feed where most people come in, what one looks at, what one buys with, what is one's
//! own. A visitor loads the shell and the part that he is in. More parts were tried: what pages share is cut along every set
//! of parts that shares it, so five came to fifteen requests a page, and a part for each page to a hundred.

use crate::{
    account::{factor::FactorPage, login::LoginPage, me::MePage, register::RegisterPage, settings::SettingsPage},
    address::page::AddressesPage,
    admin::{log::LogPage, orders::AdminOrdersPage, page::AdminPage},
    after_sale::{
        case::CasePage,
        desk::{DeskCasePage, DeskPage},
        wish::WishPage,
        withdraw::WithdrawPage,
    },
    cart::page::CartPage,
    catalog::{product::ProductPage, shelf::ShelfPage},
    challenge::{
        desk::ChallengeDeskPage,
        page::{ChallengePage, ChallengesPage},
    },
    coupon::{desk::CouponDeskPage, page::CouponsPage},
    creator::page::CreatorPage,
    draw::fair::FairPage,
    feed::{page::FeedPage, taste::TastePage, why::WhyPage},
    group_buy::{campaigns::CampaignsPage, editor::EditorPage, invite::InvitePage},
    inbox::page::InboxPage,
    live::{clip::ClipPage, list::RoomsPage, room::RoomPage, studio::StudioPage},
    look::page::OfflinePage,
    moderation::{
        averse::AversePage, decision::DecisionPage, desk::DeskPage as CaseDeskPage, numbers::NumbersPage,
        queue::QueuePage, report::ReportPage, words::WordsPage,
    },
    order::{checkout::CheckoutPage, list::OrdersPage, receipt::ReceiptPage, show::OrderPage},
    payment::cashier::CashierPage,
    post::{
        author::AuthorPage,
        board::{BoardPage, BoardsPage},
        compose::ComposePage,
        cut::CutPage,
        history::HistoryPage,
        known::KnownPage,
        page::PostPage,
        topic::TopicPage,
    },
    question::page::{QuestionPage, QuestionsPage},
    referral::{desk::FlaggedPage, mine::InvitedPage},
    review::{desk::ReviewDeskPage, list::ReviewsPage, write::WriteReviewPage},
    search::page::SearchPage,
    settlement::page::StatementPage,
    share::{mine::SharesPage, sheet::SheetPage},
    ui::{NotFound, needs_login},
};
use leptos::{lazy, prelude::*};
use leptos_router::{
    Lazy, LazyRoute, PartialPathMatch, PathSegment, PossibleRouteMatch, SsrMode,
    components::{FlatRoutes, Route, Router},
};
use std::borrow::Cow;

/// A path as people write it: `posts/:code/history`. It is one type for every page, so that what matches pages is in the wasm once.
#[derive(Clone, Copy, Debug)]
struct At(&'static str);

impl At {
    fn segments(self) -> impl Iterator<Item = &'static str> {
        self.0.split('/').filter(|s| !s.is_empty())
    }
}

impl PossibleRouteMatch for At {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let (mut rest, mut params) = (path, Vec::new());
        for wanted in self.segments() {
            let inside = rest.strip_prefix('/')?;
            let (here, after) = inside.split_at(inside.find('/').unwrap_or(inside.len()));
            match wanted.strip_prefix(':') {
                Some(name) if !here.is_empty() => params.push((Cow::Borrowed(name), here.to_owned())),
                None if here == wanted => {}
                _ => return None,
            }
            rest = after;
        }
        let matched = path.get(..path.len() - rest.len())?;
        Some(PartialPathMatch::new(rest, params, matched))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        if self.0.is_empty() {
            path.push(PathSegment::Static("".into()));
        }
        path.extend(self.segments().map(|segment| match segment.strip_prefix(':') {
            Some(name) => PathSegment::Param(name.into()),
            None => PathSegment::Static(segment.into()),
        }));
    }
}

/// Names the pages of a part (`own here`: for people with an account, who come back to `here` from the login), makes the part one lazily loaded function, and each page a route of it.
macro_rules! part {
    ($part:ident, $preload:ident, $which:ident: $($route:ident => $page:ident $(own $here:ident)?),* $(,)?) => {
        /// A page of this part.
        #[derive(Clone, Copy, Debug)]
        pub enum $which { $($route),* }

        #[lazy]
        fn $part(which: $which) -> AnyView {
            match which {
                $($which::$route => {
                    $(if needs_login(&$page::$here()) {
                        return ().into_any();
                    })?
                    $page::view($page::data())
                })*
            }
        }

        $(
            #[derive(Debug)]
            struct $route;

            impl LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                async fn view(_this: Self) -> AnyView {
                    $part($which::$route).await
                }

                async fn preload() {
                    #[cfg(target_arch = "wasm32")]
                    $preload().await;
                }
            }
        )*
    };
}

part!(come_in, __preload_come_in, ComeIn: Feed => FeedPage);
part!(look_at, __preload_look_at, LookAt: Shelf => ShelfPage, Search => SearchPage, Product => ProductPage, Reviews => ReviewsPage, Questions => QuestionsPage, Question => QuestionPage, Invite => InvitePage, Post => PostPage, PostHistory => HistoryPage, Topic => TopicPage, Author => AuthorPage, Board => BoardPage, Challenge => ChallengePage, Challenges => ChallengesPage, Rooms => RoomsPage, Room => RoomPage, Clip => ClipPage);
part!(check_it, __preload_check_it, CheckIt: Fair => FairPage);
part!(buy_with, __preload_buy_with, BuyWith: Cart => CartPage, Checkout => CheckoutPage own here, Orders => OrdersPage own here, Order => OrderPage own here, Receipt => ReceiptPage own here, WriteReview => WriteReviewPage own here,
    Cashier => CashierPage own here, Wish => WishPage own here, Case => CasePage own here, Withdraw => WithdrawPage, Coupons => CouponsPage);
part!(ones_own, __preload_ones_own, OnesOwn: Login => LoginPage, Factor => FactorPage, Register => RegisterPage, Me => MePage,
    Settings => SettingsPage, Addresses => AddressesPage own here, Inbox => InboxPage own here, Admin => AdminPage own here, AdminOrders => AdminOrdersPage own here, AdminLog => LogPage own here, Desk => DeskPage own here, DeskCase => DeskCasePage own here, Statement => StatementPage own here, Campaigns => CampaignsPage own here, CampaignEditor => EditorPage own here, ShareSheet => SheetPage own here, Shares => SharesPage own here, Invited => InvitedPage own here, Flagged => FlaggedPage own here, ReviewDesk => ReviewDeskPage own here, Compose => ComposePage own here, Cut => CutPage own here, Boards => BoardsPage own here, ChallengeDesk => ChallengeDeskPage own here, Report => ReportPage own here, Decision => DecisionPage own here, Queue => QueuePage own here, CaseDesk => CaseDeskPage own here, Words => WordsPage own here, Averse => AversePage own here, Known => KnownPage own here, Creator => CreatorPage own here, Studio => StudioPage own here, Why => WhyPage own here, Taste => TastePage own here, Numbers => NumbersPage, CouponDesk => CouponDeskPage own here, Offline => OfflinePage);

/// Tells of what is seen: a part of its own, which only those load who have agreed to that.
#[lazy]
fn tell_seen() {
    #[cfg(feature = "hydrate")]
    crate::feed::seen::watch();
}

/// The part that the page of a path is in.
#[cfg(feature = "ssr")]
pub fn part_of(path: &str) -> &'static str {
    match path.split('/').nth(1).unwrap_or_default() {
        "" => "come_in",
        "shop" | "c" | "search" | "p" | "g" | "posts" | "questions" | "t" | "u" | "b" | "challenges" | "live" => {
            "look_at"
        }
        "fair" => "check_it",
        "cart" | "checkout" | "orders" | "cases" | "sandbox" | "withdraw" | "coupons" => "buy_with",
        _ => "ones_own",
    }
}

/// The whole app. [`crate::site::Site`] must be in the context.
#[component]
pub fn App() -> impl IntoView {
    #[cfg(feature = "ssr")]
    leptos_meta::provide_meta_context();
    #[cfg(feature = "hydrate")]
    {
        crate::feed::page::more::Kept::provide();
        crate::ui::scroll::remember();
        if crate::site::Site::get().view().personal {
            leptos::task::spawn_local(tell_seen());
        }
    }
    // Every page is rendered whole: nothing on it waits for a script, and previews find their tags first.
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=At("") view={Lazy::<Feed>::new()} ssr=SsrMode::Async />
                <Route path=At("shop") view={Lazy::<Shelf>::new()} ssr=SsrMode::Async />
                <Route path=At("c/:category") view={Lazy::<Shelf>::new()} ssr=SsrMode::Async />
                <Route path=At("search") view={Lazy::<Search>::new()} ssr=SsrMode::Async />
                <Route path=At("p/:slug") view={Lazy::<Product>::new()} ssr=SsrMode::Async />
                <Route path=At("p/:slug/reviews") view={Lazy::<Reviews>::new()} ssr=SsrMode::Async />
                <Route path=At("g/:code") view={Lazy::<Invite>::new()} ssr=SsrMode::Async />
                <Route path=At("posts/:code") view={Lazy::<Post>::new()} ssr=SsrMode::Async />
                <Route path=At("posts/:code/history") view={Lazy::<PostHistory>::new()} ssr=SsrMode::Async />
                <Route path=At("new") view={Lazy::<Compose>::new()} ssr=SsrMode::Async />
                <Route path=At("new/cut") view={Lazy::<Cut>::new()} ssr=SsrMode::Async />
                <Route path=At("t/:topic") view={Lazy::<Topic>::new()} ssr=SsrMode::Async />
                <Route path=At("u/:handle") view={Lazy::<Author>::new()} ssr=SsrMode::Async />
                <Route path=At("b/:code") view={Lazy::<Board>::new()} ssr=SsrMode::Async />
                <Route path=At("challenges") view={Lazy::<Challenges>::new()} ssr=SsrMode::Async />
                <Route path=At("challenges/:code") view={Lazy::<Challenge>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/challenges") view={Lazy::<ChallengeDesk>::new()} ssr=SsrMode::Async />
                <Route path=At("boards") view={Lazy::<Boards>::new()} ssr=SsrMode::Async />
                <Route path=At("cart") view={Lazy::<Cart>::new()} ssr=SsrMode::Async />
                <Route path=At("checkout") view={Lazy::<Checkout>::new()} ssr=SsrMode::Async />
                <Route path=At("orders") view={Lazy::<Orders>::new()} ssr=SsrMode::Async />
                <Route path=At("orders/:code") view={Lazy::<Order>::new()} ssr=SsrMode::Async />
                <Route path=At("orders/:code/return") view={Lazy::<Wish>::new()} ssr=SsrMode::Async />
                <Route path=At("orders/:code/receipt") view={Lazy::<Receipt>::new()} ssr=SsrMode::Async />
                <Route path=At("p/:slug/questions") view={Lazy::<Questions>::new()} ssr=SsrMode::Async />
                <Route path=At("questions/:code") view={Lazy::<Question>::new()} ssr=SsrMode::Async />
                <Route path=At("orders/:code/review") view={Lazy::<WriteReview>::new()} ssr=SsrMode::Async />
                <Route path=At("cases/:code") view={Lazy::<Case>::new()} ssr=SsrMode::Async />
                <Route path=At("withdraw") view={Lazy::<Withdraw>::new()} ssr=SsrMode::Async />
                <Route path=At("sandbox/pay/:reference") view={Lazy::<Cashier>::new()} ssr=SsrMode::Async />
                <Route path=At("login") view={Lazy::<Login>::new()} ssr=SsrMode::Async />
                <Route path=At("login/factor") view={Lazy::<Factor>::new()} ssr=SsrMode::Async />
                <Route path=At("register") view={Lazy::<Register>::new()} ssr=SsrMode::Async />
                <Route path=At("me") view={Lazy::<Me>::new()} ssr=SsrMode::Async />
                <Route path=At("settings") view={Lazy::<Settings>::new()} ssr=SsrMode::Async />
                <Route path=At("inbox") view={Lazy::<Inbox>::new()} ssr=SsrMode::Async />
                <Route path=At("addresses") view={Lazy::<Addresses>::new()} ssr=SsrMode::Async />
                <Route path=At("admin") view={Lazy::<Admin>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/log") view={Lazy::<AdminLog>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/orders") view={Lazy::<AdminOrders>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/cases") view={Lazy::<Desk>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/cases/:code") view={Lazy::<DeskCase>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/statement") view={Lazy::<Statement>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/campaigns") view={Lazy::<Campaigns>::new()} ssr=SsrMode::Async />
                <Route path=At("coupons") view={Lazy::<Coupons>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/coupons") view={Lazy::<CouponDesk>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/campaigns/new") view={Lazy::<CampaignEditor>::new()} ssr=SsrMode::Async />
                <Route path=At("share/:kind/:object") view={Lazy::<ShareSheet>::new()} ssr=SsrMode::Async />
                <Route path=At("me/shares") view={Lazy::<Shares>::new()} ssr=SsrMode::Async />
                <Route path=At("me/invited") view={Lazy::<Invited>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/referrals") view={Lazy::<Flagged>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/reviews") view={Lazy::<ReviewDesk>::new()} ssr=SsrMode::Async />
                <Route path=At("report/:kind/:code") view={Lazy::<Report>::new()} ssr=SsrMode::Async />
                <Route path=At("decisions/:code") view={Lazy::<Decision>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/reports") view={Lazy::<Queue>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/reports/:code") view={Lazy::<CaseDesk>::new()} ssr=SsrMode::Async />
                <Route path=At("admin/words") view={Lazy::<Words>::new()} ssr=SsrMode::Async />
                <Route path=At("me/averse") view={Lazy::<Averse>::new()} ssr=SsrMode::Async />
                <Route path=At("me/known") view={Lazy::<Known>::new()} ssr=SsrMode::Async />
                <Route path=At("me/creator") view={Lazy::<Creator>::new()} ssr=SsrMode::Async />
                <Route path=At("why/:place") view={Lazy::<Why>::new()} ssr=SsrMode::Async />
                <Route path=At("taste") view={Lazy::<Taste>::new()} ssr=SsrMode::Async />
                <Route path=At("transparency") view={Lazy::<Numbers>::new()} ssr=SsrMode::Async />
                <Route path=At("live") view={Lazy::<Rooms>::new()} ssr=SsrMode::Async />
                <Route path=At("live/:code") view={Lazy::<Room>::new()} ssr=SsrMode::Async />
                <Route path=At("live/:code/:place") view={Lazy::<Clip>::new()} ssr=SsrMode::Async />
                <Route path=At("fair/:code") view={Lazy::<Fair>::new()} ssr=SsrMode::Async />
                <Route path=At("studio/:code") view={Lazy::<Studio>::new()} ssr=SsrMode::Async />
                <Route path=At("offline") view={Lazy::<Offline>::new()} ssr=SsrMode::Async />
            </FlatRoutes>
        </Router>
    }
}

#[cfg(test)]
mod tests {
    use super::At;
    use leptos_router::PossibleRouteMatch;

    /// What is left of a path behind what matches, and what was found in it.
    fn found<'a>(at: &'static str, path: &'a str) -> Option<(&'a str, Vec<String>)> {
        let found = At(at).test(path)?;
        Some((found.remaining(), found.params().iter().map(|(name, value)| format!("{name}={value}")).collect()))
    }

    #[test]
    fn a_path_matches_by_whole_segments() {
        assert_eq!(found("", "/"), Some(("/", vec![])));
        assert_eq!(found("shop", "/shop"), Some(("", vec![])));
        assert_eq!(found("shop", "/shop/"), Some(("/", vec![])));
        assert_eq!(found("posts/:code/history", "/posts/abc/history"), Some(("", vec!["code=abc".to_owned()])));
        assert_eq!(found("posts/:code", "/posts/abc/history"), Some(("/history", vec!["code=abc".to_owned()])));
        assert_eq!(
            found("share/:kind/:object", "/share/room/茶"),
            Some(("", vec!["kind=room".to_owned(), "object=茶".to_owned()]))
        );
        for (at, path) in [
            ("shop", "/shops"),
            ("shops", "/shop"),
            ("posts/:code", "/posts"),
            ("posts/:code", "/posts/"),
            ("shop", ""),
            ("live/:code", "/love/x"),
        ] {
            assert_eq!(found(at, path), None, "{at} {path}");
        }
    }
}
