//! Search by the words of a title.

use crate::{
    catalog::{
        api::search,
        filter::{Filters, browse_of, next_link},
    },
    fail::Fail,
    site::Site,
    ui::{Empty, Head, Icon, Page, ProductGrid, loaded},
};
use domain::catalog::{Browse, ShelfView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct SearchPage {
    found: Resource<Result<(Browse, ShelfView), Fail>>,
}

impl SearchPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let found = Resource::new(
            move || browse_of(&query.get(), None),
            |browse| async move { Ok((browse.clone(), search(browse).await?)) },
        );
        Self { found }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.found, |(browse, shelf)| {
            let t = Site::get().texts();
            let words = browse.query.clone().unwrap_or_default();
            let title = if words.is_empty() { t.search().to_owned() } else { t.search_title(&words) };
            let next = shelf.page.next.map(|after| next_link("/search", &browse, &after));
            view! {
                <Head title=title private=true />
                <Page title=t.search().to_owned() back="/" tab="shop">
                    <form class="search-pill" action="/search" method="get" role="search">
                        <Icon name="search" />
                        <input type="search" name="q" value=words placeholder=t.search_hint() aria-label=t.search() maxlength="60" enterkeyhint="search" />
                    </form>
                    <Filters path="/search".to_owned() browse />
                    {if shelf.page.cards.is_empty() {
                        view! { <Empty text=t.search_empty() next=t.search_empty_next() href="/shop" /> }.into_any()
                    } else {
                        view! { <ProductGrid cards=shelf.page.cards /> }.into_any()
                    }}
                    {next.map(|href| view! { <p class="feed-end"><a class="button" href=href data-testid="feed-more">{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}
