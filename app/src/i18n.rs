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
    /// What a refusal says to a person: as the server has put it into words, or of those that a browser meets by itself.
    pub fn problem(self, problem: &Problem) -> String {
        if let Some(text) = &problem.text {
            return text.clone();
        }
        #[cfg(feature = "ssr")]
        {
            self.any_problem(problem)
        }
        #[cfg(not(feature = "ssr"))]
        match problem.code.as_str() {
            "offline" => self.error_offline().to_owned(),
            "too_many" => self.error_too_many(problem.number.unwrap_or(0)),
            "login_needed" => self.error_login_needed().to_owned(),
            "forbidden" => self.error_forbidden().to_owned(),
            "not_found" => self.error_not_found().to_owned(),
            "bad_request" => self.error_bad_request().to_owned(),
            "read_only" => self.error_read_only().to_owned(),
            _ => self.error_internal().to_owned(),
        }
    }

    /// What any refusal says to a person; where it is called, the words of all of them come along.
    pub fn any_problem(self, problem: &Problem) -> String {
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
                let said = Texts(lang).any_problem(&Problem::new(400, code).number(7));
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
