//! One form for every way to write the same text: full-width and other compatibility forms as plain ones (Unicode NFKC), lower case,
//! traditional Chinese as simplified, and nothing that does not show.

use unicode_normalization::UnicodeNormalization;

/// A text, folded.
pub(crate) fn fold(text: &str) -> String {
    let plain: String = visible(text).chars().flat_map(char::to_lowercase).collect();
    fast2s::convert(&plain)
}

/// A text in plain forms, without signs that show nothing, and without marks that are put on letters to hide a word (NFKC leaves those
/// apart that no letter has).
pub(crate) fn visible(text: &str) -> String {
    text.nfkc()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn what_reads_the_same_is_the_same() {
        assert_eq!(fold("ＶＸ：Ａｂｃ１２"), "vx:abc12");
        assert_eq!(fold("國家級 團聚"), "国家级 团聚");
        assert_eq!(fold("刷\u{200b}单 s\u{336}pam"), "刷单 spam");
        assert_eq!(fold(&fold("繁體 ｆｕｌｌ Ⅷ")), fold("繁體 ｆｕｌｌ Ⅷ"));
    }
}
