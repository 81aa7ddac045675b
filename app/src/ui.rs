//! The design system: parts that more than one capability shows.

mod buy;
mod card;
mod challenge;
mod coupon;
mod filter;
mod form;
mod frame;
mod from;
mod html;
mod post;
mod posts;
#[cfg(feature = "ssr")]
pub mod preview;
mod review;
#[cfg(feature = "hydrate")]
pub mod scroll;
mod state;
mod team;
mod value;

pub use buy::{AddToCart, add_to_cart};
pub use card::{CategoryGrid, Columns, Picture, ProductGrid, Shown};
pub use challenge::{ChallengePanel, Competes};
pub use coupon::{
    CouponGot, CouponOffer, CouponWord, TakeCoupon, TakeWord, Ticket, is_for, take_coupon, take_word, takes_off,
};
pub use filter::{Filters, SearchPill, browse_link, browse_of, in_query, said_in};
pub use form::{Area, Field, FormError, Hidden, Submit, any_problem_alert, posts_to, problem_alert};
pub use frame::{Head, Icon, Page, ShareForm, TabBar, TurnForm};
pub use from::{bought_here, goes_on, post_of};
pub use post::{PostForm, Sending, Sent};
pub use posts::{PostGrid, Toggle, said_html};
pub use review::{Review, ReviewSummary, Stars};
pub use state::{Empty, Loading, NotFound, ProblemView, encode, loaded, needs_login};
pub use team::{TeamCards, team_size};
pub use value::{Countdown, Price, amount, clock, percent};
