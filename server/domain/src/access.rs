//! The one table of who may call which server function, and with what. A function without a row fails the tests.

use crate::account::Role;

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody, also without an account.
    Anyone,
    /// Whoever has logged in.
    Account,
    /// Whoever moderates, with a second factor in this session.
    Moderator,
    /// Staff with a second factor in this session; not those who only moderate.
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
            Self::Moderator => role.is_staff() && second_factor,
            Self::Staff => matches!(role, Role::Staff | Role::Admin) && second_factor,
            Self::Admin => matches!(role, Role::Admin) && second_factor,
        }
    }
}

/// A server function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Below `/api/`.
    pub path: &'static str,
    pub who: Who,
    /// What it may be sent; anything else is refused. A list has its positions in brackets behind the name.
    pub fields: &'static [&'static str],
}

const fn function(path: &'static str, who: Who, fields: &'static [&'static str]) -> Function {
    Function { path, who, fields }
}

/// Every function, who may call it, and what with.
pub const TABLE: &[Function] = &[
    function("account/register", Who::Anyone, &["name", "display_name", "password", "next"]),
    function("account/login", Who::Anyone, &["name", "password", "next"]),
    function("account/second_factor", Who::Account, &["code", "next"]),
    function("account/logout", Who::Anyone, &[]),
    function("account/whoami", Who::Anyone, &[]),
    function("account/sessions", Who::Account, &[]),
    function("account/revoke_session", Who::Account, &["session"]),
    function("account/change_password", Who::Account, &["old", "new"]),
    function("account/rename", Who::Account, &["display_name"]),
    function("account/email", Who::Account, &[]),
    function("account/personal", Who::Account, &[]),
    function("account/set_personal", Who::Account, &["on", "next"]),
    function("account/set_email", Who::Account, &["email"]),
    function("address/list", Who::Account, &["next"]),
    function(
        "address/save",
        Who::Account,
        &[
            "id",
            "format",
            "recipient",
            "phone",
            "province",
            "city",
            "district",
            "line",
            "postcode",
            "make_default",
            "next",
        ],
    ),
    function("address/remove", Who::Account, &["id"]),
    function("admin/overview", Who::Staff, &[]),
    function("admin/orders", Who::Staff, &["code", "after"]),
    function("admin/log", Who::Staff, &["before"]),
    function("admin/retry", Who::Staff, &["id"]),
    function("admin/ship", Who::Staff, &["code", "position", "quantity"]),
    function("admin/set_status", Who::Staff, &["slug", "status"]),
    function("after_sale/act", Who::Account, &["code", "act", "text"]),
    function("after_sale/decide", Who::Staff, &["code", "act", "text"]),
    function("after_sale/desk", Who::Staff, &[]),
    function("after_sale/desk_show", Who::Staff, &["code"]),
    function(
        "after_sale/open",
        Who::Account,
        &["code", "kind", "reason", "text", "position", "quantity", "swap", "key"],
    ),
    function("after_sale/show", Who::Account, &["code"]),
    function("after_sale/wish", Who::Account, &["code"]),
    function("after_sale/withdraw", Who::Anyone, &["order", "phone", "email"]),
    function("after_sale/withdrawable", Who::Anyone, &["order", "phone"]),
    function("review/to_write", Who::Account, &["code"]),
    function("review/write", Who::Account, &["code", "position", "stars", "tag", "text", "anonymous"]),
    function("review/drop_picture", Who::Account, &["review", "order", "picture"]),
    function("review/follow_up", Who::Account, &["review", "order", "text"]),
    function("review/list", Who::Anyone, &["slug", "filter", "after", "at"]),
    function("review/vote", Who::Account, &["review", "slug", "helpful", "filter"]),
    function("question/list", Who::Anyone, &["slug", "after"]),
    function("question/show", Who::Anyone, &["code"]),
    function("question/ask", Who::Account, &["slug", "text"]),
    function("question/answer", Who::Account, &["question", "text"]),
    function("question/delete", Who::Account, &["code", "next"]),
    function("review/desk", Who::Staff, &["answered", "after"]),
    function("review/answer", Who::Staff, &["review", "text"]),
    function("cart/add", Who::Anyone, &["slug", "choice", "quantity", "then", "post"]),
    function("cart/change", Who::Anyone, &["sku", "quantity"]),
    function("cart/show", Who::Anyone, &[]),
    function("catalog/categories", Who::Anyone, &[]),
    function("catalog/product", Who::Anyone, &["slug", "post"]),
    function("catalog/shelf", Who::Anyone, &["browse"]),
    function("creator/desk", Who::Account, &[]),
    function("feed/home", Who::Anyone, &["after", "tab"]),
    function("feed/page", Who::Anyone, &["after"]),
    function("feed/why", Who::Account, &["place"]),
    function("feed/less", Who::Account, &["kind", "thing", "at", "on", "next"]),
    function("feed/fresh", Who::Anyone, &["since"]),
    function("feed/taste", Who::Account, &[]),
    function("feed/forget", Who::Account, &[]),
    function("feed/show_bought", Who::Account, &["on"]),
    function("post/vote", Who::Account, &["code", "pick", "pick0", "pick1", "pick2", "pick3", "pick4", "pick5"]),
    function("search/find", Who::Anyone, &["ask"]),
    function("search/suggest", Who::Anyone, &["typed"]),
    function("search/forget", Who::Account, &["words"]),
    function("group_buy/campaigns", Who::Staff, &["after"]),
    function(
        "group_buy/create",
        Who::Staff,
        &[
            "slug",
            "kind",
            "size",
            "goal",
            "hours",
            "days",
            "units_each",
            "new_shoppers",
            "sponsor_from",
            "leader_off",
            "steps",
            "sku",
            "price",
            "quota",
            "key",
        ],
    ),
    function("group_buy/editor", Who::Staff, &["slug"]),
    function("group_buy/invite", Who::Anyone, &["code"]),
    function("group_buy/leave", Who::Account, &["code"]),
    function("group_buy/stop", Who::Staff, &["code", "cancel"]),
    function("inbox/list", Who::Account, &["after"]),
    function("inbox/read", Who::Account, &[]),
    function("look/choose", Who::Anyone, &["lang", "theme", "next"]),
    function("moderation/form", Who::Account, &["kind", "code"]),
    function("moderation/report", Who::Account, &["kind", "code", "reason", "text"]),
    function("moderation/case", Who::Account, &["code"]),
    function("moderation/appeal", Who::Account, &["code", "text"]),
    function("moderation/queue", Who::Moderator, &["shelf", "after"]),
    function("moderation/desk", Who::Moderator, &["code"]),
    function(
        "moderation/decide",
        Who::Moderator,
        &["code", "decision", "reason", "sanction", "text", "earlier", "saw"],
    ),
    function("moderation/judge", Who::Moderator, &["code", "verdict", "text"]),
    function("moderation/words", Who::Staff, &[]),
    function("moderation/set_words", Who::Staff, &["kind", "version", "words"]),
    function("moderation/numbers", Who::Anyone, &[]),
    function("moderation/turn", Who::Account, &["handle", "to", "next"]),
    function("moderation/averse", Who::Account, &[]),
    function("order/cancel", Who::Account, &["code"]),
    function("order/checkout", Who::Account, &["buy", "address", "method", "product_coupon", "coupon"]),
    function("order/list", Who::Account, &["state", "q", "after"]),
    function("order/confirm", Who::Account, &["code"]),
    function(
        "order/place",
        Who::Account,
        &[
            "buy",
            "address",
            "method",
            "note",
            "key",
            "total",
            "otherwise",
            "inviter",
            "invitation",
            "product_coupon",
            "coupon",
        ],
    ),
    function("order/show", Who::Account, &["code"]),
    function("payment/cashier", Who::Account, &["reference"]),
    function("payment/sandbox", Who::Account, &["reference", "action"]),
    function("payment/start", Who::Account, &["code"]),
    function("share/mine", Who::Account, &[]),
    function("share/open", Who::Account, &["kind", "object"]),
    function("share/sheet", Who::Account, &["kind", "object"]),
    function("referral/decide", Who::Staff, &["id", "decision"]),
    function("referral/decline", Who::Account, &[]),
    function("referral/flagged", Who::Staff, &[]),
    function("referral/mine", Who::Account, &["after"]),
    function("post/composer", Who::Account, &["post", "fresh", "q"]),
    function("post/page", Who::Anyone, &["code", "order", "after", "thread"]),
    function("post/history", Who::Anyone, &["code"]),
    function("post/topic", Who::Anyone, &["name", "after"]),
    function("post/author", Who::Anyone, &["handle", "tab", "after"]),
    function("post/like", Who::Account, &["code", "on"]),
    function("post/collect", Who::Account, &["code", "on"]),
    function("post/known", Who::Account, &[]),
    function("post/set_known", Who::Account, &["on"]),
    function("post/follow", Who::Account, &["handle", "on", "next"]),
    function("post/comment", Who::Account, &["post", "parent", "text"]),
    function("post/like_comment", Who::Account, &["post", "comment", "on"]),
    function("post/delete_comment", Who::Account, &["post", "comment"]),
    function("post/delete", Who::Account, &["code"]),
    function("post/repost", Who::Account, &["code"]),
    function("post/pin", Who::Account, &["code", "on"]),
    function("challenge/list", Who::Anyone, &["after"]),
    function("challenge/show", Who::Anyone, &["code", "sort", "after"]),
    function("challenge/vote", Who::Account, &["challenge", "post", "on"]),
    function("challenge/desk", Who::Staff, &["after"]),
    function(
        "challenge/create",
        Who::Staff,
        &["key", "topic", "title", "rules", "prize", "how", "winners", "starts", "days"],
    ),
    function("challenge/cancel", Who::Staff, &["code"]),
    function("challenge/judge", Who::Staff, &["code", "list", "statement"]),
    function("post/board", Who::Anyone, &["code", "after"]),
    function("post/boards", Who::Account, &["post"]),
    function("post/put", Who::Account, &["board", "post", "on"]),
    function("post/make_board", Who::Account, &["title", "public", "post"]),
    function("post/change_board", Who::Account, &["code", "title", "public"]),
    function("post/delete_board", Who::Account, &["code"]),
    function("post/keep", Who::Account, &["code", "title", "body", "place"]),
    function("live/list", Who::Anyone, &[]),
    function("live/show", Who::Anyone, &["code"]),
    function("live/along", Who::Anyone, &["code", "at"]),
    function("live/clip", Who::Anyone, &["code", "place"]),
    function("live/studio", Who::Account, &["code"]),
    function("live/open", Who::Account, &["title", "starts"]),
    function("live/say", Who::Account, &["code", "text", "next"]),
    function("live/heart", Who::Anyone, &["code", "many"]),
    function("live/hush", Who::Account, &["code", "seq", "minutes", "next"]),
    function("live/explain", Who::Account, &["code", "place"]),
    function("live/put", Who::Account, &["code", "slug", "off"]),
    function("live/take_out", Who::Account, &["code", "place"]),
    function("live/new_key", Who::Account, &["code"]),
    function("live/slow", Who::Account, &["code", "seconds"]),
    function("live/ticker", Who::Account, &["code", "on"]),
    function("live/moderator", Who::Account, &["code", "handle", "on"]),
    function("live/ban", Who::Account, &["code", "handle", "on", "next"]),
    function("live/pin", Who::Account, &["code", "seq", "next"]),
    function("live/speaks", Who::Account, &["code", "who"]),
    function("live/words", Who::Account, &["code", "words"]),
    function("live/ask", Who::Account, &["code", "question", "one", "two", "three", "four", "right", "seconds"]),
    function("live/vote", Who::Account, &["code", "number", "place"]),
    function("live/take_hands", Who::Account, &["code", "on"]),
    function("live/raise", Who::Account, &["code", "words"]),
    function("live/lower", Who::Account, &["code"]),
    function("live/hand", Who::Account, &["code"]),
    function("live/call", Who::Account, &["code", "handle"]),
    function("live/end", Who::Account, &["code"]),
    function("live/buy", Who::Account, &["code", "sku", "quantity"]),
    function("live/remind", Who::Account, &["code", "on"]),
    function("live/fan", Who::Account, &["code", "on"]),
    function("live/flash", Who::Account, &["code", "place", "off", "units", "each", "starts_in", "minutes"]),
    function("live/hand_out", Who::Account, &["code", "coupon", "units", "minutes"]),
    function("live/catch", Who::Account, &["code", "room"]),
    function("coupon/page", Who::Anyone, &[]),
    function("coupon/take", Who::Account, &["code", "had", "next"]),
    function("coupon/word", Who::Account, &["word", "next"]),
    function("coupon/desk", Who::Staff, &["after"]),
    function(
        "coupon/create",
        Who::Staff,
        &[
            "kind", "off", "most", "least", "currency", "of", "product", "way", "word", "quota", "each", "days",
            "lasts", "key",
        ],
    ),
    function("coupon/stop", Who::Staff, &["code"]),
    function("draw/show", Who::Anyone, &["code"]),
    function("draw/mine", Who::Account, &["code"]),
    function("draw/join", Who::Account, &["code", "room", "ticket"]),
    function(
        "draw/open",
        Who::Account,
        &["code", "kind", "prizes", "points", "sku", "price", "minutes", "phrase", "follow"],
    ),
    function("settlement/pay_out", Who::Staff, &["handle", "currency", "amount", "key"]),
    function("settlement/statement", Who::Staff, &["merchant", "after"]),
];

/// The function of a path (below `/api/`); `None` for one that nobody has put into the table.
pub fn function_of(path: &str) -> Option<&'static Function> {
    TABLE.iter().find(|f| f.path == path)
}

impl Function {
    /// Whether a form field may be sent: `name`, or `name[0]` for a list.
    pub fn takes(&self, field: &str) -> bool {
        let name = field.split_once('[').map_or(field, |(name, _)| name);
        self.fields.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_never_passes_where_an_account_is_needed() {
        for who in [Who::Account, Who::Moderator, Who::Staff, Who::Admin] {
            assert!(!who.admits(Role::Guest, true));
        }
    }

    #[test]
    fn staff_without_second_factor_are_shoppers() {
        for role in [Role::Moderator, Role::Staff, Role::Admin] {
            assert!(Who::Account.admits(role, false));
            assert!(!Who::Staff.admits(role, false) && !Who::Moderator.admits(role, false));
            assert!(Who::Moderator.admits(role, true));
        }
        assert!(!Who::Admin.admits(Role::Staff, true));
        assert!(!Who::Staff.admits(Role::Moderator, true), "whoever moderates ships nothing and refunds nothing");
    }
}
