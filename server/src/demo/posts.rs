//! Posts of the demo: what its creator, its host and its shoppers show each other, with likes, comments and follows of its people.
//! All of it goes through the use cases, at clocks of the last days.

use super::picture;
use crate::art::Scene;
use anyhow::{Context, Result, anyhow};
use domain::{
    Code, Lang,
    catalog::{Browse, Sort},
    challenge::{How, Terms},
    feed::{Did, Kind as Shown, Told},
    id::{AddressId, PersonId},
    moderation::{Decision, Kind, Reason, Sanction},
    order::Source,
    poll::{Kind as Asked, NewPoll, Shows},
    post::{Draft, Visibility},
    share::Touches,
    time::{DAY, HOUR, MINUTE},
};
use shop::{
    Clock, Shop, account, catalog, challenge,
    consent::{self, Purpose},
    creator, feed, follow, inbox, moderation,
    post::{self, Asks, Change},
};

/// A post of the demo.
struct Note {
    by: &'static str,
    title: &'static str,
    body: &'static str,
    place: &'static str,
    /// Slugs of what it shows.
    products: &'static [&'static str],
    /// Icons of its pictures: what it is about, and what lies beside it.
    icons: &'static [&'static str],
    hue: i64,
    sponsored: bool,
    /// Who says what below it; one that begins with `>` answers the one before.
    said: &'static [(&'static str, &'static str)],
}

/// The oldest first.
static NOTES: [Note; 12] = [
    Note {
        by: "lei",
        title: "周末第一次露营，全家都去了",
        body: "两门的帐篷真的好钻，小朋友进进出出一整天。晚上八度，睡袋里刚好。\n下次要记得多带一个手电。\n\n#露营 #周末去哪儿",
        place: "安吉",
        products: &["two-door-tent", "pocket-torch"],
        icons: &["tent", "flashlight", "compass"],
        hue: 150,
        sponsored: false,
        said: &[("ana", "Which site was that? Looks wonderful."), (">lei", "安吉那边，溪水很浅，适合小朋友")],
    },
    Note {
        by: "ana",
        title: "Five kilometres before work",
        body: "Three weeks in. The shoes breathe, my feet do not complain, and the city is quiet at six.\n\n#running #morning",
        place: "Shanghai",
        products: &["breathable-road-running-shoes", "combed-cotton-socks-five-pairs"],
        icons: &["running-shoe", "socks"],
        hue: 210,
        sponsored: false,
        said: &[("mei", "六点也太早了！佩服"), (">ana", "Coffee afterwards is the trick.")],
    },
    Note {
        by: "kol",
        title: "一周便当不重样",
        body: "四格便当盒的好处：菜不串味，摆起来就好看。\n周一 糯玉米 + 卤鸡腿\n周二 番茄牛腩\n周三 三文鱼 + 牛油果\n周四 清冰箱\n周五 吃面！\n\n#便当 #带饭上班",
        place: "",
        products: &["lacquer-bento-box", "menglian-avocados", "banna-waxy-corn"],
        icons: &["bento-box", "avocado", "ear-of-corn"],
        hue: 24,
        sponsored: true,
        said: &[
            ("zhou", "周四清冰箱笑死，跟我一样"),
            ("jiajia", "便当盒能进微波炉吗？"),
            (">kol", "木头的不行，记得先装到碗里热"),
        ],
    },
    Note {
        by: "mei",
        title: "蓝莓到了，带霜的！",
        body: "跟 @lei 拼的单，第二天上午就到。果霜一碰就掉，说明是现摘的。\n留了一盒做蛋糕，其余的当天就没了……\n\n#高原蓝莓 #拼单日记",
        place: "昆明",
        products: &["plateau-blueberries"],
        icons: &["blueberries", "basket"],
        hue: 240,
        sponsored: false,
        said: &[("lei", "下次还拼，我家的也没撑过晚上"), ("xiaolin", "酸吗？"), (">mei", "偏甜，后味有一点点酸")],
    },
    Note {
        by: "host",
        title: "直播间同款茶席怎么摆",
        body: "一壶两杯就够。壶选浅口的，倒茶不滴；杯子倒扣着收，第二天还是干的。\n周五晚上八点继续聊白茶怎么煮。\n\n#喝茶 #茶席",
        place: "杭州",
        products: &["red-glazed-teapot", "aged-white-tea-for-simmering"],
        icons: &["teapot", "teacup-without-handle", "blossom"],
        hue: 12,
        sponsored: true,
        said: &[("azhen", "周五蹲一个"), ("wenwen", "壶有没有小一点的？")],
    },
    Note {
        by: "kol",
        title: "三件衣服过一个秋天",
        body: "重磅T恤打底，牛仔裤，外面一件长大衣。三件互相搭，出门五分钟。\n大衣选羊毛混纺，轻，也不怕皱。\n\n#秋天穿什么 #胶囊衣橱",
        place: "",
        products: &["heavyweight-cotton-tee", "straight-leg-blue-jeans", "wool-blend-long-coat"],
        icons: &["coat", "jeans", "t-shirt"],
        hue: 264,
        sponsored: true,
        said: &[
            ("lily", "Coat in size M for 165 cm?"),
            (">kol", "M is fine, it is cut wide."),
            ("ana", "Three pieces is my kind of wardrobe."),
        ],
    },
    Note {
        by: "ana",
        title: "A film roll, finally developed",
        body: "Thirty-six frames in four months. Half of them are of the cat, and I regret nothing.\n\n#film #slow",
        place: "",
        products: &["reloadable-film-camera"],
        icons: &["camera", "yarn"],
        hue: 190,
        sponsored: false,
        said: &[("kol", "想看猫！")],
    },
    Note {
        by: "mei",
        title: "給媽媽的圍巾",
        body: "她說太紅了，結果第二天就圍去買菜。\n\n#送禮 #羊毛圍巾",
        place: "",
        products: &["lambswool-red-scarf"],
        icons: &["scarf", "gloves"],
        hue: 350,
        sponsored: false,
        said: &[("dawei", "媽媽們都這樣哈哈"), ("wenwen", "紅色很襯氣色")],
    },
    Note {
        by: "lei",
        title: "小厨房怎么放下三口锅",
        body: "墙上一根杆，煎锅挂着；炖锅放炉子上不收了，反正红得好看。\n刀也挂，台面一下就空了。\n\n#小厨房 #收纳",
        place: "杭州",
        products: &["iron-frying-pan", "red-enamel-stew-pot", "chefs-knife-steel"],
        icons: &["cooking", "pot-of-food", "kitchen-knife"],
        hue: 18,
        sponsored: false,
        said: &[
            ("zhou", "铁锅要怎么养？"),
            (">lei", "用完热水刷，小火烘干，抹一点点油"),
            ("tom", "Saving this for the next flat."),
        ],
    },
    Note {
        by: "kol",
        title: "云南的小粒咖啡，挂耳版",
        body: "办公室不想洗杯子，就喝挂耳。水温九十二度，闷二十秒，慢慢绕。\n有一点核桃味，不酸。\n\n#咖啡 #办公室",
        place: "昆明",
        products: &["yunnan-drip-coffee-bags", "soft-oat-cookies"],
        icons: &["hot-beverage", "cookie", "chocolate-bar"],
        hue: 30,
        sponsored: false,
        said: &[("mei", "配燕麦曲奇绝了"), ("xiaolin", "闷二十秒学到了")],
    },
    Note {
        by: "mei",
        title: "今天的下午茶",
        body: "玫瑰红茶 + 签语饼。我抽到的是：「有人正在想你」。\n\n#喝茶 #下午茶",
        place: "",
        products: &["rose-black-tea", "reunion-fortune-cookies"],
        icons: &["rose", "fortune-cookie", "teapot"],
        hue: 336,
        sponsored: false,
        said: &[
            ("jiajia", "是不是可以自己写？我想在里面藏求婚"),
            (">mei", "可以的！下单时填自己的话"),
            ("kol", "收藏了，过年送人正好"),
        ],
    },
    Note {
        by: "host",
        title: "买旅行箱前先听轮子",
        body: "在石板路上推三步，声音就是它的价格。这只推过去，前面的人没有回头。\n\n#旅行 #行李箱",
        place: "上海",
        products: &["quiet-wheel-suitcase"],
        icons: &["luggage", "umbrella", "womans-hat"],
        hue: 226,
        sponsored: true,
        said: &[("azhen", "「前面的人没有回头」也太会写了")],
    },
];

/// An ad of weeks ago: what was bought from it and kept has earned its author something.
static LONG_AGO: Note = Note {
    by: "host",
    title: "直播间里问得最多的那盒曲奇",
    body: "燕麦的，软的，配茶配咖啡都行。一盒十二块，办公室三天就没了。\n\n#下午茶",
    place: "",
    products: &["soft-oat-cookies"],
    icons: &["cookie", "teapot"],
    hue: 32,
    sponsored: true,
    said: &[],
};

/// Who follows whom.
const FOLLOWS: [(&str, &str); 15] = [
    ("mei", "kol"),
    ("mei", "host"),
    ("mei", "lei"),
    ("lei", "mei"),
    ("ana", "kol"),
    ("lei", "kol"),
    ("ana", "mei"),
    ("mei", "ana"),
    ("zhou", "kol"),
    ("jiajia", "kol"),
    ("azhen", "host"),
    ("wenwen", "host"),
    ("lily", "kol"),
    ("xiaolin", "mei"),
    ("tom", "lei"),
];

const READERS: [&str; 13] =
    ["mei", "lei", "ana", "kol", "host", "xiaolin", "azhen", "tom", "jiajia", "zhou", "lily", "wenwen", "dawei"];

/// Who has agreed to a feed of his own; `mei`, `lei`, `kol` and `host` decide that for themselves.
const REMEMBERED: [&str; 9] = ["ana", "xiaolin", "azhen", "tom", "jiajia", "zhou", "lily", "wenwen", "dawei"];

pub(super) async fn fill(shop: &Shop, buyers: &[(PersonId, AddressId)], start: i64) -> Result<()> {
    consent::agree(&at(shop, start - 99 * HOUR), id(shop, "mei").await?, Purpose::Bought, true).await?;
    for who in REMEMBERED {
        consent::agree(&at(shop, start - 99 * HOUR), id(shop, who).await?, Purpose::Personal, true).await?;
    }
    // Two who were in a team let themselves be found.
    for who in ["ana", "xiaolin", "azhen", "tom", "jiajia", "zhou"] {
        consent::agree(&at(shop, start - 99 * HOUR), id(shop, who).await?, Purpose::Known, true).await?;
    }
    for (who, whom) in FOLLOWS {
        follow::follow(&at(shop, start - 90 * HOUR), id(shop, who).await?, whom, true).await?;
    }
    let long_ago = start - 18 * DAY;
    let code = write(&at(shop, long_ago), &LONG_AGO).await?;
    sells(shop, buyers, &LONG_AGO, &code, long_ago, true).await?;
    for (i, note) in (0_i64..).zip(&NOTES) {
        let written = start - (12 - i) * 7 * HOUR;
        let code = write(&at(shop, written), note).await?;
        if note.sponsored {
            sells(shop, buyers, note, &code, written, false).await?;
        }
        let mut last = None::<Code>;
        for (n, (who, text)) in (1_i64..).zip(note.said) {
            let (parent, who) = who.strip_prefix('>').map_or((None, *who), |who| (last.as_ref(), who));
            let then = at(shop, written + n * 23 * MINUTE);
            let said = post::comment(&then, id(shop, who).await?, &code, parent, text).await?;
            if parent.is_none() {
                last = Some(said.code);
            }
        }
        // The later and the more of its kind, the fewer: as it goes.
        for (n, who) in (0_i64..).zip(READERS) {
            let reader = id(shop, who).await?;
            let then = at(shop, written + (n + 2) * 11 * MINUTE);
            if who != note.by && (n * 5 + i * 7) % 9 < 6 - i % 3 {
                post::like(&then, reader, &code, true).await?;
            }
            if (n + i) % 4 < 3 && who != note.by {
                creator::viewed(&then, &code, u64::try_from(n)?);
                if n % 3 == 0 && !note.products.is_empty() {
                    creator::clicked(&then, &code, u64::try_from(n)?);
                }
            }
            if (n + i) % 5 == 0 {
                post::collect(&then, reader, &code, true).await?;
            }
        }
    }
    asks(shop, start).await?;
    challenges(shop, start).await?;
    boards(shop, start).await?;
    cases(shop, start).await?;
    looked_at(shop, start).await?;
    feed::flush(shop).await?;
    creator::flush(shop).await?;
    // Nobody comes into a demo with old news.
    for who in READERS {
        inbox::mark_read(shop, id(shop, who).await?).await?;
    }
    Ok(())
}

/// Some buy what an ad shows; `kept`: it has arrived since, and nobody gave it back.
async fn sells(
    shop: &Shop,
    buyers: &[(PersonId, AddressId)],
    ad: &Note,
    code: &Code,
    written: i64,
    kept: bool,
) -> Result<()> {
    for (n, slug) in (0_i64..).zip(ad.products) {
        let Some(product) = catalog::product(shop, Lang::En, slug).await? else { continue };
        let Some(sku) = product.skus.iter().find(|s| s.available > 4) else { continue };
        for (buyer, k) in buyers.iter().rev().skip(usize::try_from(n)? * 2).take(2).zip(0_i64..) {
            let source = Source::Direct { sku: sku.id, quantity: 1 };
            let came = Touches { post: Some(code.clone()), ..Touches::default() };
            let then = at(shop, written + (3 + n * 2 + k) * HOUR);
            let order = super::teams::buy(&then, *buyer, source, came).await?;
            if let Some(order) = order.filter(|_| kept) {
                let arrived = at(shop, written + (3 + k) * DAY);
                shop::shipment::ship(&arrived, &order, vec![(0, 1)]).await?;
                shop::shipment::confirm(&arrived, buyer.0, &order).await?;
            }
        }
    }
    Ok(())
}

/// A question of the creator's, and what people answered.
async fn asks(shop: &Shop, start: i64) -> Result<()> {
    let then = at(shop, start - 95 * HOUR);
    let problem = |p: domain::Problem| anyhow!(p.code);
    let options = ["冷泡茶", "手冲咖啡", "气泡水", "豆浆"].map(str::to_owned);
    let poll = NewPoll::new(Asked::Single, &options, Shows::Voted, 30, None).map_err(problem)?;
    let draft = Draft::new("周末的第一杯，你选哪个？", "票最多的，下一期就拍。#喝茶", "", Visibility::Public, false)
        .map_err(problem)?;
    let change = Change {
        draft,
        products: Vec::new(),
        pictures: Vec::new(),
        moved: None,
        insist: false,
        asks: Asks::Poll(poll),
    };
    let (me, code) = (id(shop, "kol").await?, shop.rng.code());
    post::save(&then, me, &code, change).await?;
    post::publish(&then, me, &code, false).await?;
    for (n, who) in (0_i64..).zip(READERS).filter(|(n, _)| n % 4 != 3) {
        let option = usize::try_from(n * 5 % 7 % 4)?;
        let voter = id(shop, who).await?;
        if who != "kol" && who != "mei" {
            shop::poll::vote(&at(shop, start - (90 - n) * HOUR), voter, &code, &[option]).await?;
        }
    }
    Ok(())
}

/// A challenge that runs, and one that people have decided.
async fn challenges(shop: &Shop, start: i64) -> Result<()> {
    let by = id(shop, "ops").await?;
    let make = async |topic: &str, title: &str, rules: &str, prize: &str, hours: i64, days: i64| -> Result<Code> {
        let starts_at = start - hours * HOUR;
        let terms = Terms {
            topic: topic.to_owned(),
            title: title.to_owned(),
            rules: rules.to_owned(),
            prize: prize.to_owned(),
            how: How::Votes,
            winners: 3,
            starts_at,
            ends_at: starts_at + days * DAY,
        };
        let key = shop.rng.code().to_string() + shop.rng.code().as_str();
        Ok(challenge::create(&at(shop, starts_at), by, terms, &key).await?)
    };
    let tea = make(
        "喝茶",
        "冬天的第一杯茶",
        "拍下你今年冬天的第一杯茶，说说用什么泡、和谁喝。\n照片和文字都要是自己的。",
        "一等奖：紫砂小壶一把；二、三等奖：凤凰单丛一盒",
        100,
        12,
    )
    .await?;
    let lunch = make("便当", "一周便当大赛", "晒出你这周的便当，写清每一天吃什么。", "四格便当盒一个", 84, 2).await?;
    for (challenge, hour) in [(&tea, 10), (&lunch, 48)] {
        let entries = challenge::show(shop, None, challenge, domain::challenge::Sort::New, "", false).await?.entries;
        for (k, entry) in (0_i64..).zip(entries.into_iter().filter_map(|e| e.post)) {
            for (n, who) in (0_i64..).zip(READERS) {
                let voter = id(shop, who).await?;
                if (n * 3 + k) % 4 == 0 && who != "mei" {
                    match challenge::vote(
                        &at(shop, start - hour * HOUR + n * MINUTE),
                        voter,
                        challenge,
                        &entry.code,
                        true,
                    )
                    .await
                    {
                        Ok(_) => {}
                        // Nobody votes for himself.
                        Err(e) if e.code() == "challenge_own" => {}
                        Err(e) => return Err(e.into()),
                    }
                }
            }
        }
    }
    challenge::end(&at(shop, start - 36 * HOUR), &lunch).await?;
    Ok(())
}

/// What the creator keeps for everybody.
async fn boards(shop: &Shop, start: i64) -> Result<()> {
    let (me, then) = (id(shop, "kol").await?, at(shop, start - 5 * HOUR));
    let board = post::make_board(&then, me, "想去的周末", true).await?;
    for card in post::newest(shop, None, "", 20).await?.posts.iter().filter(|p| p.picture.is_some()).step_by(3) {
        post::put(&then, me, &board, &card.code, true).await?;
    }
    Ok(())
}

/// What those looked at who let it be remembered: each goes along two shelves of the five that are told apart by their things.
async fn looked_at(shop: &Shop, start: i64) -> Result<()> {
    let browse = Browse { sort: Sort::New, ..Browse::default() };
    let mut shelves: Vec<Vec<String>> = Vec::new();
    for category in catalog::categories(shop, Lang::En).await?.into_iter().take(5) {
        let browse = Browse { category: Some(category.slug), ..browse.clone() };
        let cards = catalog::shelf(shop, Lang::En, &browse).await?.page.cards;
        shelves.push(cards.into_iter().map(|c| c.slug).collect());
    }
    for (n, who) in REMEMBERED.iter().enumerate() {
        let person = id(shop, who).await?;
        for (i, shelf) in shelves.iter().enumerate().filter(|(i, _)| (n + i) % 5 < 2) {
            let hour = i64::try_from(n * 5 + i)?;
            let open =
                |slug: &String| Told { did: Did::Open, kind: Shown::Product, name: slug.clone(), place: None, ms: 0 };
            let list: Vec<Told> =
                shelf.iter().enumerate().filter(|(k, _)| (k + n) % 3 > 0).map(|(_, slug)| open(slug)).collect();
            feed::told(&at(shop, start - hour * HOUR), person, list);
        }
    }
    Ok(())
}

/// What waits at the desk: a comment that two have reported, a post that was caught, a removal that was appealed.
async fn cases(shop: &Shop, start: i64) -> Result<()> {
    let then = at(shop, start - 5 * HOUR);
    let newest = post::newest(&then, None, "", 2).await?.posts;
    let [first, second] = newest.as_slice() else { anyhow::bail!("the demo has posts") };
    let cheap =
        post::comment(&then, id(shop, "tom").await?, &first.code, None, "我这里有同款，便宜一半，私聊我").await?;
    for (who, reason, text) in [("ana", Reason::Spam, "到处发一样的话"), ("lily", Reason::Fraud, "")] {
        moderation::report(&then, id(shop, who).await?, Kind::Comment, &cheap.code, reason, text).await?;
    }
    let draft = Draft::new("周末在家也能赚", "手机刷单，日结，三百起。\n\n#兼职", "", Visibility::Public, false)?;
    let (me, code) = (id(shop, "dawei").await?, shop.rng.code());
    post::save(
        &then,
        me,
        &code,
        Change { draft, products: Vec::new(), pictures: Vec::new(), moved: None, insist: false, asks: Asks::AsBefore },
    )
    .await?;
    post::publish(&then, me, &code, false).await?;
    let rude = post::comment(&then, id(shop, "wenwen").await?, &second.code, None, "都是托吧，谁信谁傻").await?;
    let case =
        moderation::report(&then, id(shop, "lily").await?, Kind::Comment, &rude.code, Reason::Hate, "骂人").await?;
    let ops = id(shop, "ops").await?;
    let saw = moderation::desk(&then, ops, &case).await?.saw;
    let removal = moderation::Verdict {
        decision: Decision::Remove,
        reason: Some(Reason::Hate),
        sanction: Sanction::None,
        note: "可以不同意，请别骂人。".to_owned(),
        saw,
        hide_earlier: false,
    };
    moderation::decide(&at(shop, start - 3 * HOUR), ops, &case, removal).await?;
    moderation::appeal(
        &at(shop, start - 2 * HOUR),
        id(shop, "wenwen").await?,
        &case,
        "我说的是那些刷出来的好评，不是骂作者。",
    )
    .await?;
    Ok(())
}

fn at(shop: &Shop, when: i64) -> Shop {
    Shop { clock: Clock::still(when), ..shop.clone() }
}

async fn id(shop: &Shop, handle: &str) -> Result<PersonId> {
    let named = match account::find(shop, handle).await? {
        None => account::find(shop, &format!("demo-{handle}")).await?,
        named => named,
    };
    Ok(named.with_context(|| format!("{handle} of the demo"))?.id)
}

async fn write(shop: &Shop, note: &Note) -> Result<Code> {
    let (me, code) = (id(shop, note.by).await?, shop.rng.code());
    let mut pictures = Vec::new();
    for (n, icon) in note.icons.iter().enumerate() {
        let (icon, hue) = ((*icon).to_owned(), (note.hue + 12 * i64::try_from(n)?) % 360);
        let beside = note.icons.iter().filter(|i| **i != icon).map(|i| (*i).to_owned()).collect();
        let scene = match n {
            0 => Scene::Still { icon, more: beside, hue },
            1 => Scene::Detail { icon, hue },
            _ => Scene::Pattern { icon, hue },
        };
        pictures.push(picture(&scene, 1440, hue)?);
    }
    let draft = Draft::new(note.title, note.body, note.place, Visibility::Public, note.sponsored)?;
    let products = note.products.iter().map(|p| (*p).to_owned()).collect();
    post::save(shop, me, &code, Change { draft, products, pictures, moved: None, insist: false, asks: Asks::AsBefore })
        .await?;
    post::publish(shop, me, &code, false).await?;
    Ok(code)
}
