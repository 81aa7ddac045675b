//! A campaign as somebody types it: the browser shows what it would be, the server makes it of the same text.

use super::{Draft, DraftSku, EditorView, Kind, Step, Terms};
use crate::{
    Problem,
    id::SkuId,
    money::{self, Money},
    time::{DAY, HOUR, Millis},
};

/// What stands in the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub kind: String,
    pub size: String,
    /// An amount: 200 or 199.90.
    pub goal: String,
    pub hours: String,
    pub days: String,
    pub units_each: String,
    pub new_shoppers: bool,
    pub sponsor_from: String,
    /// A percentage: 5 or 2.5.
    pub leader_off: String,
    /// `heads:percent`, separated by commas.
    pub steps: String,
    /// SKU, price, quota; an empty price leaves the SKU out.
    pub skus: Vec<(String, String, String)>,
}

fn wrong(code: &str, field: &str) -> Problem {
    Problem::new(422, code).field(field)
}

fn number(text: &str, code: &str, field: &str) -> Result<i64, Problem> {
    text.trim().parse().map_err(|_| wrong(code, field))
}

impl Form {
    /// What the editor begins with for a product.
    pub fn new(view: &EditorView) -> Self {
        let plain = |n| Money::new(n, view.currency).plain();
        Self {
            kind: Kind::Heads.name().to_owned(),
            size: "3".to_owned(),
            goal: String::new(),
            hours: "24".to_owned(),
            days: "14".to_owned(),
            units_each: "3".to_owned(),
            new_shoppers: false,
            sponsor_from: String::new(),
            leader_off: "0".to_owned(),
            steps: String::new(),
            skus: view
                .skus
                .iter()
                .map(|(sku, _, _, planned, stock)| {
                    (sku.0.simple().to_string(), plain(*planned), (stock / 2).max(0).to_string())
                })
                .collect(),
        }
    }

    /// The campaign that it says, beginning `now`; not yet checked by the rules.
    ///
    /// # Errors
    /// The codes of [`Draft::check`] for what cannot be read.
    pub fn draft(&self, view: &EditorView, now: Millis) -> Result<Draft, Problem> {
        let kind: Kind = self.kind.parse()?;
        let goal = match kind {
            Kind::Amount => {
                let goal = Money::parse(&self.goal, view.currency).map_err(|_| wrong("campaign_goal", "goal"))?;
                Some(goal.amount)
            }
            _ => None,
        };
        let sponsor_from = match (kind, self.sponsor_from.trim()) {
            (Kind::Heads, from) if !from.is_empty() => Some(number(from, "campaign_sponsor", "sponsor_from")?),
            _ => None,
        };
        let steps = if kind == Kind::Ladder { self.steps()? } else { Vec::new() };
        let hours = number(&self.hours, "campaign_window", "hours")?.clamp(0, 10_000);
        let days = number(&self.days, "campaign_time", "days")?.clamp(0, 10_000);
        let draft = Draft {
            terms: Terms {
                kind,
                size: number(&self.size, "campaign_size", "size")?,
                goal,
                sponsor_from,
                steps,
                leader_off_bp: money::basis_points(&self.leader_off)
                    .ok_or_else(|| wrong("campaign_perk", "leader_off"))?,
            },
            open_for: hours * HOUR,
            starts_at: now,
            ends_at: now + days * DAY,
            units_each: number(&self.units_each, "campaign_units", "units_each")?,
            new_shoppers: self.new_shoppers,
            skus: self.skus(view)?,
        };
        draft.check()?;
        Ok(draft)
    }

    fn steps(&self) -> Result<Vec<Step>, Problem> {
        let bad = || wrong("campaign_steps", "steps");
        let parts = self.steps.split([',', '，', ';']).map(str::trim).filter(|p| !p.is_empty());
        parts
            .map(|part| {
                let (heads, off) = part.split_once([':', '：']).ok_or_else(bad)?;
                Ok(Step {
                    heads: heads.trim().parse().map_err(|_| bad())?,
                    off_bp: money::basis_points(off).ok_or_else(bad)?,
                })
            })
            .collect()
    }

    fn skus(&self, view: &EditorView) -> Result<Vec<DraftSku>, Problem> {
        let named = self.skus.iter().filter(|(_, price, _)| !price.trim().is_empty());
        named
            .map(|(sku, price, quota)| {
                let sku: SkuId = sku.parse().map_err(|_| Problem::bad_request())?;
                let known = view.skus.iter().find(|(id, ..)| *id == sku).ok_or_else(Problem::bad_request)?;
                let price = Money::parse(price, view.currency).map_err(|_| wrong("campaign_price", "price"))?.amount;
                Ok(DraftSku { sku, single: known.2, price, quota: number(quota, "campaign_quota", "quota")? })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn view() -> EditorView {
        EditorView {
            slug: "a".into(),
            title: "A".into(),
            picture: None,
            currency: Currency::Cny,
            skus: vec![(SkuId(uuid::Uuid::nil()), String::new(), 5_000, 3_990, 20)],
            key: String::new(),
        }
    }

    #[test]
    fn what_the_editor_begins_with_is_a_campaign() {
        let draft = Form::new(&view()).draft(&view(), 7).unwrap();
        assert_eq!((draft.terms.size, draft.skus[0].price, draft.skus[0].quota, draft.starts_at), (3, 3_990, 10, 7));
    }

    #[test]
    fn each_field_that_cannot_be_read_is_named() {
        let said = |change: fn(&mut Form)| {
            let mut form = Form::new(&view());
            change(&mut form);
            form.draft(&view(), 0).unwrap_err().field.unwrap_or_default()
        };
        assert_eq!(said(|f| f.size = "many".into()), "size");
        assert_eq!(said(|f| f.hours = String::new()), "hours");
        assert_eq!(said(|f| f.days = "x".into()), "days");
        assert_eq!(said(|f| f.units_each = "-".into()), "units_each");
        assert_eq!(said(|f| f.kind = "amount".into()), "goal");
        assert_eq!(said(|f| f.sponsor_from = "two".into()), "sponsor_from");
        assert_eq!(said(|f| f.leader_off = "half".into()), "leader_off");
        assert_eq!(
            said(|f| {
                f.kind = "ladder".into();
                f.steps = "3-5".into()
            }),
            "steps"
        );
        assert_eq!(said(|f| f.skus[0].1 = "free".into()), "price");
        assert_eq!(said(|f| f.skus[0].2 = "all".into()), "quota");
    }

    #[test]
    fn a_ladder_is_read_as_it_is_written() {
        let mut form = Form::new(&view());
        (form.kind, form.steps, form.size) = ("ladder".into(), "2:0, 5：12.5 ,10:20".into(), "10".into());
        let steps = form.draft(&view(), 0).unwrap().terms.steps;
        assert_eq!(steps.iter().map(|s| (s.heads, s.off_bp)).collect::<Vec<_>>(), [(2, 0), (5, 1_250), (10, 2_000)]);
    }
}
