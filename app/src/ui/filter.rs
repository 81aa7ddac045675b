//! Sort and filters of a shelf: a plain GET form, so that every choice is a link.

use super::{Hidden, Icon};
use crate::site::Site;
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

/// A text as it stands in a query.
pub fn in_query(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_alphanumeric() => c.to_string(),
            ' ' => "+".to_owned(),
            c => c.to_string().bytes().map(|b| format!("%{b:02X}")).collect(),
        })
        .collect()
}

/// What a query says under a name, if it says anything. For words that people type: the router's own map reads a `%` twice.
pub fn said_in(query: &str, name: &str) -> Option<String> {
    let value = query.trim_start_matches('?').split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digit =
                    |d: Option<u8>| d.and_then(|d| char::from(d).to_digit(16)).and_then(|d| u8::try_from(d).ok());
                match (digit(ahead.next()), digit(ahead.next())) {
                    (Some(high), Some(low)) => {
                        bytes.push(high * 16 + low);
                        rest = ahead;
                    }
                    _ => bytes.push(byte),
                }
            }
            byte => bytes.push(byte),
        }
    }
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The link to a list in its order and with its filters.
pub fn browse_link(path: &str, browse: &Browse) -> String {
    let mut link = format!("{path}?sort={}&price={}", browse.sort.name(), browse.price.name());
    if browse.in_stock {
        link.push_str("&stock=1");
    }
    if let Some(q) = &browse.query {
        link.push_str(&format!("&q={}", in_query(q)));
    }
    link
}

/// Where words are typed on other pages than that of search.
#[component]
pub fn SearchPill() -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <form class="search-pill" action="/search" method="get" role="search">
            <Icon name="search" />
            <input type="search" name="q" placeholder=t.search_hint() aria-label=t.search() maxlength="60" enterkeyhint="search" />
        </form>
    }
}

#[component]
pub fn Filters(
    path: String,
    browse: Browse,
    /// What else stays as it is.
    #[prop(optional)]
    keep: Vec<(&'static str, String)>,
) -> impl IntoView {
    let t = Site::get().texts();
    let searched = browse.query.is_some();
    let sort_label = |s: Sort| match s {
        // Of what was looked for, what fits best.
        Sort::Hot if searched => t.sort_fit(),
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
            {keep.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| view! { <Hidden name value /> }).collect_view()}
            <label><span class="visually-hidden">{t.sort_label()}</span>
                <select name="sort">{Sort::ALL.map(|s| view! { <option value=s.name() selected=s == browse.sort prop:selected=s == browse.sort>{sort_label(s)}</option> }).collect_view()}</select>
            </label>
            <label><span class="visually-hidden">{t.price_label()}</span>
                <select name="price">{PriceBand::ALL.map(|p| view! { <option value=p.name() selected=p == browse.price prop:selected=p == browse.price>{price_label(p)}</option> }).collect_view()}</select>
            </label>
            <label class="check"><input type="checkbox" name="stock" value="1" checked=browse.in_stock prop:checked=browse.in_stock /> <span>{t.in_stock_only()}</span></label>
            <button type="submit" class="button small">{t.filter_apply()}</button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_as_it_was() {
        for words in ["100%acrylic", "C++", "a&b#c", "\"quotes\" 'n' <b>", "茶 🍵", "50%25 off", "a=b?c/d"] {
            assert_eq!(said_in(&format!("?x=1&q={}&y=2", in_query(words)), "q").as_deref(), Some(words));
        }
        assert_eq!(said_in("q=%zz%4", "q").as_deref(), Some("%zz%4"));
        assert_eq!(said_in("q=++&qq=1", "q"), None);
    }
}
