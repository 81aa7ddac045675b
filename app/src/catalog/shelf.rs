//! The whole shop, and each category.

use crate::{
    catalog::api::{categories, shelf},
    fail::Fail,
    site::Site,
    ui::{Empty, Filters, Head, Page, ProductGrid, SearchPill, browse_link, browse_of, loaded},
};
use domain::catalog::{Browse, CategoryView, ShelfView};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

pub struct ShelfPage {
    shelf: Resource<Result<(Browse, ShelfView, Vec<CategoryView>), Fail>>,
}

impl ShelfPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let browse = move || Browse { query: None, ..browse_of(&query.get(), params.with(|p| p.get("category"))) };
        let shelf = Resource::new(browse, |browse| async move {
            let top = if browse.category.is_none() { categories().await? } else { Vec::new() };
            Ok((browse.clone(), shelf(browse).await?, top))
        });
        Self { shelf }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.shelf, |(browse, shelf, top)| {
            let t = Site::get().texts();
            let path = browse.category.as_ref().map_or_else(|| "/shop".to_owned(), |c| format!("/c/{c}"));
            let title = shelf.category.as_ref().map_or_else(|| t.shop_title().to_owned(), |c| c.name.clone());
            let back = match (&shelf.parent, &shelf.category) {
                (Some((slug, _)), _) => Some(format!("/c/{slug}")),
                (None, Some(_)) => Some("/shop".to_owned()),
                (None, None) => None,
            };
            let children = shelf.category.map_or(top, |c| c.children);
            let empty = shelf.page.cards.is_empty();
            let next = shelf.page.next.map(|after| format!("{}&after={after}", browse_link(&path, &browse)));
            let body = view! {
                <Head title=title.clone() path=path.clone() />
                <SearchPill />
                {(!children.is_empty()).then(|| view! {
                    <nav class="chips" aria-label=title.clone()>
                        <ul>{children.into_iter().map(|c| view! { <li><a class="chip" href=format!("/c/{}", c.slug)>{c.name}</a></li> }).collect_view()}</ul>
                    </nav>
                })}
                <Filters path=path.clone() browse />
                {if empty {
                    view! { <Empty text=t.shelf_empty() next=t.shelf_empty_next() href="/shop" /> }.into_any()
                } else {
                    view! { <ProductGrid cards=shelf.page.cards /> }.into_any()
                }}
                {next.map(|href| view! { <p class="feed-end"><a class="button" href=href data-testid="feed-more">{t.feed_more()}</a></p> })}
            };
            match back {
                Some(back) => view! { <Page title=title back=back tab="shop">{body}</Page> }.into_any(),
                None => view! { <Page title=title tab="shop">{body}</Page> }.into_any(),
            }
        })
    }
}
