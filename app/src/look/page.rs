//! The page that the service worker shows without a network.

use crate::{
    site::texts,
    ui::{Empty, Head, Page},
};
use leptos::prelude::*;

#[derive(Debug)]
pub struct OfflinePage;

impl OfflinePage {
    /// What the page asks for.
    pub fn data() -> Self {
        Self
    }

    /// What it shows.
    pub fn view(_this: Self) -> AnyView {
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
