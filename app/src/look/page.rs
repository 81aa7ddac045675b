//! The page that the service worker shows without a network.

use crate::{site::texts, ui::{Empty, Head, Page}};
use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

#[derive(Debug)]
pub struct OfflinePage;

#[lazy_route]
impl LazyRoute for OfflinePage {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        let t = texts();
        view! {
            <Head title=t.offline_title().to_owned() private=true />
            <Page title=t.offline_title().to_owned() tab="">
                <Empty text=t.offline_text() next=t.retry() href="/" />
            </Page>
        }
        .into_any()
    }
}
