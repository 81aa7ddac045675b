//! The design system: parts that more than one capability shows.

mod buy;
mod card;
mod form;
mod frame;
mod state;
mod value;

pub use buy::{AddToCart, add_to_cart};
pub use card::{Picture, ProductCard, ProductGrid, Waterfall};
pub use form::{Field, FormError, Hidden, Submit, posts_to, problem_alert};
pub use frame::{Head, Icon, Page, TabBar};
pub use state::{Empty, Loading, NotFound, ProblemView, encode, loaded, needs_login};
pub use value::{Countdown, Price, amount};
