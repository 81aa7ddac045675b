//! The one table of who may call which server function. A function without a row fails the tests.

use crate::account::Role;

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody, also without an account.
    Anyone,
    /// Whoever has logged in.
    Account,
    /// Staff with a second factor in this session.
    Staff,
    /// Administrators with a second factor in this session.
    Admin,
}

impl Who {
    /// Whether `role` is enough. `second_factor`: this session has shown one.
    pub const fn admits(self, role: Role, second_factor: bool) -> bool {
        match self {
            Self::Anyone => true,
            Self::Account => !matches!(role, Role::Guest),
            Self::Staff => role.is_staff() && second_factor,
            Self::Admin => matches!(role, Role::Admin) && second_factor,
        }
    }
}

/// Path below `/api/`, and who may call it.
pub const TABLE: &[(&str, Who)] = &[
    ("account/register", Who::Anyone),
    ("account/login", Who::Anyone),
    ("account/second_factor", Who::Account),
    ("account/logout", Who::Anyone),
    ("account/whoami", Who::Anyone),
    ("account/sessions", Who::Account),
    ("account/revoke_session", Who::Account),
    ("account/change_password", Who::Account),
    ("account/rename", Who::Account),
    ("address/list", Who::Account),
    ("address/save", Who::Account),
    ("address/remove", Who::Account),
    ("admin/overview", Who::Staff),
    ("admin/set_status", Who::Staff),
    ("cart/add", Who::Anyone),
    ("cart/change", Who::Anyone),
    ("cart/show", Who::Anyone),
    ("catalog/categories", Who::Anyone),
    ("catalog/feed", Who::Anyone),
    ("catalog/home", Who::Anyone),
    ("catalog/product", Who::Anyone),
    ("catalog/shelf", Who::Anyone),
    ("look/choose", Who::Anyone),
    ("order/cancel", Who::Account),
    ("order/checkout", Who::Account),
    ("order/list", Who::Account),
    ("order/place", Who::Account),
    ("order/show", Who::Account),
    ("payment/cashier", Who::Account),
    ("payment/sandbox", Who::Account),
    ("payment/start", Who::Account),
];

/// Who may call `path` (below `/api/`); `None` for a function that nobody has put into the table.
pub fn who(path: &str) -> Option<Who> {
    TABLE.iter().find(|(p, _)| *p == path).map(|(_, who)| *who)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_never_passes_where_an_account_is_needed() {
        for who in [Who::Account, Who::Staff, Who::Admin] {
            assert!(!who.admits(Role::Guest, true));
        }
    }

    #[test]
    fn staff_without_second_factor_are_shoppers() {
        for role in [Role::Moderator, Role::Staff, Role::Admin] {
            assert!(Who::Account.admits(role, false));
            assert!(!Who::Staff.admits(role, false));
        }
        assert!(!Who::Admin.admits(Role::Staff, true));
    }
}
