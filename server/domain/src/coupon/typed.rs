//! A coupon as somebody types it: the browser shows what it would cost, the server makes it of the same text.

use super::{Draft, Off, Terms, Way};
use crate::{
    Problem,
    money::{self, Currency, Money},
};

names! {
    /// How what is taken off is written.
    Kind: Amount = "amount", Percent = "percent"
}

/// What stands in the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub kind: String,
    /// An amount (5 or 4.90), or a percentage (15 or 12.5).
    pub off: String,
    /// The most that a percentage takes.
    pub most: String,
    /// An amount; nothing for none.
    pub least: String,
    pub currency: String,
    /// Slug of a merchant, or nothing for everything.
    pub of: String,
    /// Slug of a product of that merchant, or nothing; also as an address, as people copy it.
    pub product: String,
    pub way: String,
    pub word: String,
    pub quota: String,
    pub each: String,
    pub days: String,
    pub lasts: String,
}

impl Default for Form {
    /// What the form begins with.
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            kind: text(Kind::Amount.name()),
            off: String::new(),
            most: String::new(),
            least: String::new(),
            currency: text(Currency::Cny.code()),
            of: String::new(),
            product: String::new(),
            way: text(Way::Open.name()),
            word: String::new(),
            quota: text("100"),
            each: text("1"),
            days: text("14"),
            lasts: text("7"),
        }
    }
}

impl Form {
    /// The coupon that it would be.
    ///
    /// # Errors
    /// Those of [`Draft::checked`]; `bad_request` for a choice that there is not.
    pub fn draft(&self) -> Result<Draft, Problem> {
        let wrong = |code: &'static str, field: &str| Problem::new(422, code).field(field);
        let currency: Currency = self.currency.parse().map_err(|_| wrong("coupon_currency", "currency"))?;
        let amount = |text: &str| Money::parse(text, currency).ok().map(|m| m.amount);
        // What is no number is none that fits.
        let number = |text: &str| text.trim().parse().unwrap_or(0);
        let off = match self.kind.parse()? {
            Kind::Amount => Off::Amount(amount(&self.off).ok_or_else(|| wrong("coupon_off", "off"))?),
            Kind::Percent => Off::Percent {
                bp: money::basis_points(&self.off).ok_or_else(|| wrong("coupon_off", "off"))?,
                most: amount(&self.most).ok_or_else(|| wrong("coupon_most", "most"))?,
            },
        };
        let least = if self.least.trim().is_empty() {
            0
        } else {
            amount(&self.least).ok_or_else(|| wrong("coupon_least", "least"))?
        };
        let slug = |text: &str| Some(text.trim()).filter(|s| !s.is_empty()).map(str::to_owned);
        let product = self.product.trim().trim_end_matches('/');
        let product = product.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        let terms = Terms { currency, off, least, merchant: slug(&self.of), product: slug(product) };
        if terms.product.is_some() && terms.merchant.is_none() {
            return Err(wrong("coupon_of", "of"));
        }
        Draft {
            terms,
            way: self.way.parse()?,
            word: self.word.clone(),
            quota: number(&self.quota),
            each: number(&self.each),
            days: number(&self.days),
            lasts: number(&self.lasts),
        }
        .checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(change: impl FnOnce(&mut Form)) -> Result<Draft, Problem> {
        let mut form = Form { off: "5".to_owned(), ..Form::default() };
        change(&mut form);
        form.draft()
    }

    fn refusal(change: impl FnOnce(&mut Form)) -> (String, String) {
        let problem = form(change).unwrap_err();
        (problem.code, problem.field.unwrap_or_default())
    }

    #[test]
    fn what_is_typed_is_what_is_made() {
        let draft = form(|f| {
            f.kind = "percent".to_owned();
            f.off = " 12.5 %".to_owned();
            f.most = "30".to_owned();
            f.least = "99.90".to_owned();
            f.way = "word".to_owned();
            f.word = "team2026".to_owned();
        })
        .unwrap();
        assert_eq!(draft.terms.off, Off::Percent { bp: 1250, most: 3000 });
        assert_eq!((draft.terms.least, draft.word.as_str(), draft.quota), (9990, "TEAM2026", 100));
        assert_eq!(draft.worst_case(), 300_000);
        let of = form(|f| {
            f.of = "orchard".to_owned();
            f.product = " https://shop.example/p/blue-berries?post=x ".to_owned();
        });
        assert_eq!(of.unwrap().terms.product.as_deref(), Some("blue-berries"));
        let yen = form(|f| f.currency = "JPY".to_owned()).unwrap();
        assert_eq!(yen.terms.off, Off::Amount(5));
    }

    #[test]
    fn what_does_not_fit_is_said_of_its_field() {
        let field = |code: &str, field: &str| (code.to_owned(), field.to_owned());
        assert_eq!(refusal(|f| f.off.clear()), field("coupon_off", "off"));
        assert_eq!(refusal(|f| f.off = "5.005".to_owned()), field("coupon_off", "off"));
        assert_eq!(refusal(|f| f.kind = "percent".to_owned()), field("coupon_most", "most"));
        assert_eq!(refusal(|f| f.least = "much".to_owned()), field("coupon_least", "least"));
        assert_eq!(refusal(|f| f.currency = "XXX".to_owned()), field("coupon_currency", "currency"));
        assert_eq!(refusal(|f| f.product = "tea".to_owned()), field("coupon_of", "of"));
        assert_eq!(refusal(|f| f.way = "word".to_owned()), field("coupon_word", "word"));
        assert_eq!(refusal(|f| f.quota = "many".to_owned()), field("coupon_quota", "quota"));
        assert_eq!(refusal(|f| f.days = "0".to_owned()), field("coupon_days", "days"));
    }
}
