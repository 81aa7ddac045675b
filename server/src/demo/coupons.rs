//! Coupons of the demo: one of each way, and some that people have.

use anyhow::{Context, Result};
use domain::{
    Code, Lang,
    coupon::{
        Way,
        typed::{Form, Kind},
    },
    id::PersonId,
};
use shop::{Shop, account, coupon};

/// For everything, by whoever likes.
const ALL: usize = 0;
/// For what one merchant sells.
const TEA: usize = 1;
/// What hosts hand out.
const ROOM: usize = 4;

fn forms() -> [Form; 5] {
    let text = str::to_owned;
    let form = || Form { days: text("30"), lasts: text("14"), ..Form::default() };
    let percent = || Form { kind: text(Kind::Percent.name()), ..form() };
    [
        Form { off: text("10"), least: text("99"), quota: text("500"), ..form() },
        Form { off: text("15"), most: text("30"), least: text("60"), of: text("chachuan-tea"), ..percent() },
        Form {
            off: text("5"),
            of: text("yunling-orchard"),
            product: text("plateau-blueberries"),
            each: text("2"),
            ..form()
        },
        Form { off: text("20"), least: text("199"), way: text(Way::Word.name()), word: text("TUANJU"), ..form() },
        Form { off: text("8"), least: text("50"), way: text(Way::Room.name()), quota: text("300"), ..form() },
    ]
}

async fn person(shop: &Shop, handle: &str) -> Result<PersonId> {
    Ok(account::find(shop, handle).await?.with_context(|| format!("no {handle}"))?.id)
}

/// Makes them, and hands two of them to somebody.
pub async fn fill(shop: &Shop) -> Result<()> {
    let ops = person(shop, "ops").await?;
    let mut made = Vec::new();
    for (i, form) in forms().iter().enumerate() {
        made.push(coupon::create(shop, ops, form.draft()?, &format!("demo0coupon{i:08}")).await?);
    }
    let lei = person(shop, "lei").await?;
    for which in [ALL, TEA] {
        coupon::take(shop, lei, made.get(which).context("a coupon")?, 0).await?;
    }
    Ok(())
}

/// What a host can hand out.
pub async fn of_rooms(shop: &Shop) -> Result<Code> {
    let offers = coupon::droppable(shop, Lang::En).await?;
    let wanted = forms().get(ROOM).map(Form::draft).transpose()?.context("a coupon")?.terms;
    let found = offers.into_iter().find(|o| o.coupon.terms == wanted);
    Ok(found.context("no coupon for rooms")?.coupon.code)
}
