//! Enums whose variants have names: as they stand in forms, in the database and in the locale files.

/// Makes the enum, the list of all of it (`ALL`), the name of each (`name`), and the way back from a name (`bad_request` for one that
/// there is not).
macro_rules! names {
    ($(#[$doc:meta])* $name:ident: $($(#[$d:meta])* $variant:ident = $text:literal),* $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$d])* $variant),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Problem;
            fn from_str(s: &str) -> Result<Self, $crate::Problem> {
                Self::ALL.iter().copied().find(|x| x.name() == s).ok_or_else($crate::Problem::bad_request)
            }
        }
    };
}
