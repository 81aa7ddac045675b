//! Sort and filters of a shelf: a plain GET form, so that every choice is a link.

use crate::{site::Site, ui::Hidden};
use domain::catalog::{Browse, PriceBand, Sort};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// What a query asks for.
pub fn browse_of(query: &ParamsMap, category: Option<String>) -> Browse {
    Browse {
        category,
        query: query.get("q").map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()),
        sort: Sort::from_name(&query.get("sort").unwrap_or_default()),
        price: PriceBand::from_name(&query.get("price").unwrap_or_default()),
        in_stock: query.get("stock").is_some_and(|s| s == "1"),
        after: query.get("after"),
    }
}

/// The link to the page after this one.
pub fn next_link(path: &str, browse: &Browse, after: &str) -> String {
    let mut link = format!("{path}?sort={}&price={}", browse.sort.name(), browse.price.name());
    if browse.in_stock {
        link.push_str("&stock=1");
    }
    if let Some(q) = &browse.query {
        let q: String = q
            .chars()
            .map(|c| {
                if c.is_alphanumeric() {
                    c.to_string()
                } else if c == ' ' {
                    "+".to_owned()
                } else {
                    c.to_string().bytes().map(|b| format!("%{b:02X}")).collect()
                }
            })
            .collect();
        link.push_str(&format!("&q={q}"));
    }
    format!("{link}&after={after}")
}

#[component]
pub fn Filters(path: String, browse: Browse) -> impl IntoView {
    let t = Site::get().texts();
    let sort_label = |s: Sort| match s {
        Sort::Hot => t.sort_hot(),
        Sort::New => t.sort_new(),
        Sort::Sold => t.sort_sold(),
        Sort::PriceUp => t.sort_price_up(),
        Sort::PriceDown => t.sort_price_down(),
    };
    let price_label = |p: PriceBand| match p {
        PriceBand::Any => t.price_any(),
        PriceBand::Under50 => t.price_under50(),
        PriceBand::To100 => t.price_to100(),
        PriceBand::To300 => t.price_to300(),
        PriceBand::Over300 => t.price_over300(),
    };
    view! {
        <form class="filters" method="get" action=path>
            {browse.query.clone().map(|q| view! { <Hidden name="q" value=q /> })}
            <label><span class="visually-hidden">{t.sort_label()}</span>
                <select name="sort">{Sort::ALL.map(|s| view! { <option value=s.name() selected=s == browse.sort>{sort_label(s)}</option> }).collect_view()}</select>
            </label>
            <label><span class="visually-hidden">{t.price_label()}</span>
                <select name="price">{PriceBand::ALL.map(|p| view! { <option value=p.name() selected=p == browse.price>{price_label(p)}</option> }).collect_view()}</select>
            </label>
            <label class="check"><input type="checkbox" name="stock" value="1" checked=browse.in_stock /> <span>{t.in_stock_only()}</span></label>
            <button type="submit" class="button small">{t.filter_apply()}</button>
        </form>
    }
}
