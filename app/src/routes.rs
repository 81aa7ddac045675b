//! Every path, in one table. Each page is a lazy route: a visitor loads the shell and the page that he sees.

use crate::{
    account::{factor::FactorPage, login::LoginPage, me::MePage, register::RegisterPage, settings::SettingsPage},
    address::page::AddressesPage,
    admin::page::AdminPage,
    cart::page::CartPage,
    catalog::{feed::FeedPage, product::ProductPage, search::SearchPage, shelf::ShelfPage},
    look::page::OfflinePage,
    order::{checkout::CheckoutPage, list::OrdersPage, show::OrderPage},
    payment::cashier::CashierPage,
    ui::NotFound,
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    Lazy, ParamSegment, SsrMode, StaticSegment,
    components::{Route, Router, Routes},
};

/// The whole app. [`crate::site::Site`] must be in the context.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Every page is rendered whole: nothing on it waits for a script, and previews find their tags first.
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=StaticSegment("") view={Lazy::<FeedPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("shop") view={Lazy::<ShelfPage>::new()} ssr=SsrMode::Async />
                <Route path=(StaticSegment("c"), ParamSegment("category")) view={Lazy::<ShelfPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("search") view={Lazy::<SearchPage>::new()} ssr=SsrMode::Async />
                <Route path=(StaticSegment("p"), ParamSegment("slug")) view={Lazy::<ProductPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("cart") view={Lazy::<CartPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("checkout") view={Lazy::<CheckoutPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("orders") view={Lazy::<OrdersPage>::new()} ssr=SsrMode::Async />
                <Route path=(StaticSegment("orders"), ParamSegment("code")) view={Lazy::<OrderPage>::new()} ssr=SsrMode::Async />
                <Route path=(StaticSegment("sandbox"), StaticSegment("pay"), ParamSegment("reference")) view={Lazy::<CashierPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("login") view={Lazy::<LoginPage>::new()} ssr=SsrMode::Async />
                <Route path=(StaticSegment("login"), StaticSegment("factor")) view={Lazy::<FactorPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("register") view={Lazy::<RegisterPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("me") view={Lazy::<MePage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("settings") view={Lazy::<SettingsPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("addresses") view={Lazy::<AddressesPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("admin") view={Lazy::<AdminPage>::new()} ssr=SsrMode::Async />
                <Route path=StaticSegment("offline") view={Lazy::<OfflinePage>::new()} ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
