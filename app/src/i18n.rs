//! The texts, one method a key; `build.rs` makes them from `locales/`.

use domain::{Lang, Problem};

/// The texts of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts(pub Lang);

mod table {
    #![expect(
        clippy::match_same_arms,
        clippy::needless_pass_by_value,
        reason = "made by build.rs: two languages may say the same"
    )]
    use super::Texts;
    use domain::Lang;
    include!(concat!(env!("OUT_DIR"), "/i18n.rs"));
}

impl Texts {
    /// What a refusal says to a person.
    pub fn problem(self, problem: &Problem) -> String {
        let n = problem.number.unwrap_or(0);
        let text = self
            .error_with(&problem.code, n)
            .or_else(|| self.error_named(&problem.code).map(str::to_owned))
            .unwrap_or_else(|| self.error_internal().to_owned());
        match &problem.said {
            Some(said) => self.error_said(said, text),
            None => text,
        }
    }

    /// 12345 as people of the language write large counts: 1.2万, 1.2萬, 12.3K.
    pub fn count(self, n: i64) -> String {
        let (unit, sign) = match self.0 {
            Lang::ZhHans => (10_000, "万"),
            Lang::ZhHant => (10_000, "萬"),
            Lang::En => (1_000, "K"),
        };
        if n < unit {
            return n.to_string();
        }
        let tenths = n / (unit / 10);
        if tenths % 10 == 0 {
            format!("{}{sign}", tenths / 10)
        } else {
            format!("{}.{}{sign}", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_words_in_every_language() {
        for code in domain::problem::CODES {
            for lang in Lang::ALL {
                let said = Texts(lang).problem(&Problem::new(400, code).number(7));
                assert!(*code == "internal" || said != Texts(lang).error_internal(), "{code} in {lang:?}");
            }
        }
    }

    #[test]
    fn large_counts_are_written_as_the_language_writes_them() {
        assert_eq!(Texts(Lang::ZhHans).count(12_345), "1.2万");
        assert_eq!(Texts(Lang::ZhHant).count(20_000), "2萬");
        assert_eq!(Texts(Lang::En).count(999), "999");
        assert_eq!(Texts(Lang::En).count(12_345), "12.3K");
    }
}
