//! The parcels of an order: what is in each, and where it was seen.

use crate::site::Site;
use domain::shipment::ShipmentView;
use leptos::prelude::*;

#[component]
pub fn Parcels(shipments: Vec<ShipmentView>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let several = shipments.len() > 1;
    shipments
        .into_iter()
        .enumerate()
        .map(|(i, parcel)| {
            let title = if several { t.parcel_of(i + 1) } else { t.parcel_title().to_owned() };
            let latest = parcel.events.last().map(|e| t.track_named(&e.kind)).unwrap_or_default();
            view! {
                <details class="panel parcel" data-testid="shipment" data-state=parcel.state.name() open=!several>
                    <summary><b>{title}</b> " " <span>{latest}</span></summary>
                    <p class="hint">{t.carrier_named(&parcel.carrier)} " · " <code data-testid="tracking">{parcel.tracking}</code></p>
                    <ul class="contents">{parcel.lines.into_iter().map(|(name, n)| view! { <li>{name} " × " {n}</li> }).collect_view()}</ul>
                    <ol class="timeline">
                        {parcel.events.into_iter().rev().map(|e| view! {
                            <li data-kind=e.kind.clone()><b>{t.track_named(&e.kind)}</b><time>{site.time(e.at)}</time></li>
                        }).collect_view()}
                    </ol>
                </details>
            }
        })
        .collect_view()
}
