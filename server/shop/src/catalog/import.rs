//! Reading Shopify's product CSV, the exchange format that every shop can write.
//!
//! A product is the rows of one `Handle`: the first names it, each row may add a variant, a picture or both. A file with any
//! bad row imports nothing; every bad row is named with its line and reason. Importing again changes the products that are
//! there. Pictures are named, never fetched.

use super::save::{
    NewMerchant, NewPicture, NewProduct, NewSku, Text, category_id, save_category, save_merchant, save_product,
};
use crate::{Result, Shop};
use domain::{
    Currency, Lang, Money,
    catalog::{Detail, OptionText, Status},
};
use std::collections::{BTreeMap, HashMap};

/// A row that cannot be taken, by its line in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    pub line: u64,
    pub reason: String,
}

/// A product as the file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub handle: String,
    pub title: String,
    /// HTML as the file has it; it is sanitised when it is saved.
    pub body: String,
    pub vendor: String,
    /// What the file calls the kind of product; becomes a category.
    pub kind: String,
    pub tags: Vec<String>,
    pub published: bool,
    pub options: Vec<OptionText>,
    pub variants: Vec<Variant>,
    /// File names, the first one first.
    pub pictures: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub code: String,
    pub choice: Vec<u32>,
    pub price: i64,
    pub compare_at: Option<i64>,
    pub grams: i64,
    pub stock: i64,
}

const NEEDED: [&str; 3] = ["Handle", "Title", "Variant Price"];
const MAX_VARIANTS: usize = 200;

struct Sheet {
    columns: HashMap<String, usize>,
    width: usize,
}

impl Sheet {
    fn cell<'r>(&self, row: &'r csv::StringRecord, name: &str) -> &'r str {
        self.columns.get(name).and_then(|i| row.get(*i)).map_or("", str::trim)
    }
}

/// Reads a whole file; answers the products, or every row that is wrong.
///
/// # Errors
/// The bad rows, in the order of their lines.
pub fn read_csv(bytes: &[u8], currency: Currency) -> Result<Vec<Imported>, Vec<BadRow>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
    let mut bad = Vec::new();
    let mut sheet: Option<Sheet> = None;
    let mut products: Vec<Imported> = Vec::new();
    let mut by_handle: HashMap<String, usize> = HashMap::new();
    let mut record = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Err(error) => {
                bad.push(BadRow { line, reason: format!("unreadable: {error}") });
                break;
            }
            Ok(true) => {}
        }
        let line = record.position().map_or(line, csv::Position::line);
        let mut fail = |reason: String| bad.push(BadRow { line, reason });
        let Ok(row) = csv::StringRecord::from_byte_record(record.clone()) else {
            fail("not UTF-8".to_owned());
            continue;
        };
        let Some(sheet) = &sheet else {
            let columns: HashMap<String, usize> =
                row.iter().enumerate().map(|(i, c)| (c.trim().to_owned(), i)).collect();
            let missing: Vec<&str> = NEEDED.into_iter().filter(|c| !columns.contains_key(*c)).collect();
            if !missing.is_empty() {
                fail(format!("the header lacks {}", missing.join(", ")));
                break;
            }
            sheet = Some(Sheet { width: row.len(), columns });
            continue;
        };
        if row.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        if row.len() != sheet.width {
            fail(format!("{} cells where the header has {}", row.len(), sheet.width));
            continue;
        }
        let handle = sheet.cell(&row, "Handle").to_lowercase();
        if let Err(reason) = handle_fits(&handle) {
            fail(reason);
            continue;
        }
        let index = *by_handle.entry(handle.clone()).or_insert_with(|| {
            products.push(Imported { handle: handle.clone(), ..Imported::default() });
            products.len() - 1
        });
        let Some(product) = products.get_mut(index) else { continue };
        if let Err(reason) = take_row(sheet, &row, product, currency) {
            fail(reason);
        }
    }
    if sheet.is_none() && bad.is_empty() {
        bad.push(BadRow { line: 1, reason: "the file is empty".to_owned() });
    }
    if bad.is_empty() { Ok(products) } else { Err(bad) }
}

fn handle_fits(handle: &str) -> Result<(), String> {
    if handle.is_empty() {
        return Err("no Handle".to_owned());
    }
    let right = handle.chars().count() <= 120 && handle.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if right { Ok(()) } else { Err(format!("the Handle {handle:?} is no name for a link")) }
}

fn take_row(sheet: &Sheet, row: &csv::StringRecord, product: &mut Imported, currency: Currency) -> Result<(), String> {
    let cell = |name: &str| sheet.cell(row, name);
    let first = product.title.is_empty();
    if first {
        let title = cell("Title");
        if title.is_empty() {
            return Err("the first row of a product has no Title".to_owned());
        }
        if title.chars().count() > 255 {
            return Err("the Title is longer than 255 characters".to_owned());
        }
        product.published = match cell("Published").to_lowercase().as_str() {
            "" | "true" | "yes" | "1" => true,
            "false" | "no" | "0" => false,
            other => return Err(format!("Published is {other:?}, not true or false")),
        };
        for n in 1..=3 {
            let name = cell(&format!("Option{n} Name"));
            if !name.is_empty() {
                product.options.push(OptionText { name: name.to_owned(), values: Vec::new() });
            }
        }
        title.clone_into(&mut product.title);
        product.body = cell("Body (HTML)").to_owned();
        cell("Vendor").clone_into(&mut product.vendor);
        cell("Type").clone_into(&mut product.kind);
        product.tags = cell("Tags").split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
    }
    let picture = cell("Image Src");
    if !picture.is_empty() {
        let position = cell("Image Position");
        if !position.is_empty() && position.parse::<u16>().is_err() {
            return Err(format!("Image Position is {position:?}, not a number"));
        }
        if let Some(name) = file_name(picture)
            && !product.pictures.contains(&name)
        {
            product.pictures.push(name);
        }
    }
    let has_variant = first || ["Option1 Value", "Variant Price", "Variant SKU"].iter().any(|c| !cell(c).is_empty());
    if has_variant { take_variant(sheet, row, product, currency) } else { Ok(()) }
}

fn take_variant(
    sheet: &Sheet,
    row: &csv::StringRecord,
    product: &mut Imported,
    currency: Currency,
) -> Result<(), String> {
    let cell = |name: &str| sheet.cell(row, name);
    let money = |name: &str| {
        let text = cell(name);
        let amount = Money::parse(text, currency)
            .map_err(|_| format!("{name} is {text:?}, not an amount of {}", currency.code()))?;
        if amount.amount < 0 { Err(format!("{name} is below zero")) } else { Ok(amount.amount) }
    };
    let number = |name: &str| {
        let text = cell(name);
        if text.is_empty() {
            return Ok(0);
        }
        // Spreadsheets write whole numbers as 250.0.
        let whole = text.strip_suffix(".0").unwrap_or(text);
        match whole.parse::<i64>() {
            Ok(n) if (0..=1_000_000_000).contains(&n) => Ok(n),
            Ok(n) if n < 0 => Err(format!("{name} is below zero")),
            _ => Err(format!("{name} is {text:?}, not a whole number")),
        }
    };
    if cell("Variant Price").is_empty() {
        return Err("no Variant Price".to_owned());
    }
    let price = money("Variant Price")?;
    let compare_at =
        if cell("Variant Compare At Price").is_empty() { None } else { Some(money("Variant Compare At Price")?) };
    let (grams, stock) = (number("Variant Grams")?, number("Variant Inventory Qty")?);
    let mut choice = Vec::new();
    for n in 1..=3_usize {
        let value = cell(&format!("Option{n} Value"));
        match product.options.get_mut(n - 1) {
            None if value.is_empty() => {}
            None => return Err(format!("Option{n} Value without Option{n} Name")),
            Some(option) if value.is_empty() => return Err(format!("no value for the option {:?}", option.name)),
            Some(option) => {
                let index = option.values.iter().position(|v| v == value).unwrap_or_else(|| {
                    option.values.push(value.to_owned());
                    option.values.len() - 1
                });
                choice.push(u32::try_from(index).unwrap_or(u32::MAX));
            }
        }
    }
    if product.variants.iter().any(|v| v.choice == choice) {
        return Err("the same variant stands in the file twice".to_owned());
    }
    if product.variants.len() >= MAX_VARIANTS {
        return Err(format!("more than {MAX_VARIANTS} variants"));
    }
    product.variants.push(Variant { code: cell("Variant SKU").to_owned(), choice, price, compare_at, grams, stock });
    Ok(())
}

/// The file name at the end of a URL or path, without query.
fn file_name(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let name = path.rsplit(['/', '\\']).next()?.trim();
    (!name.is_empty() && name != "." && name != "..").then(|| name.to_owned())
}

/// Into which merchant, language and currency a file is imported.
pub struct Import {
    pub merchant: String,
    pub lang: Lang,
    pub currency: Currency,
}

/// Writes products that were read; `pictures` finds or draws the pictures of one. Answers how many are new and how many changed.
///
/// # Errors
/// What the database says; `forbidden` when a handle belongs to another merchant.
pub async fn import_csv(
    shop: &Shop,
    import: &Import,
    products: Vec<Imported>,
    mut pictures: impl FnMut(&Imported) -> Vec<NewPicture>,
) -> Result<(u64, u64)> {
    let name = import.merchant.clone();
    let texts = Lang::ALL.iter().map(|l| (l.tag(), (name.clone(), String::new()))).collect();
    let slug = slug_of(&import.merchant);
    let merchant = match super::browse::merchant_id(shop, &slug).await? {
        Some(id) => id,
        None => save_merchant(shop, NewMerchant { slug, texts }).await?,
    };
    let mut categories: HashMap<String, uuid::Uuid> = HashMap::new();
    let (mut added, mut changed) = (0, 0);
    for product in products {
        let kind = if product.kind.is_empty() { "other".to_owned() } else { slug_of(&product.kind) };
        let category = if let Some(id) = categories.get(&kind) {
            *id
        } else {
            let id = match category_id(shop, &kind).await? {
                Some(id) => id,
                None => {
                    save_category(shop, &kind, None, 1_000, hue_of(&kind), category_names(&product.kind), None).await?
                }
            };
            categories.insert(kind, id);
            id
        };
        let drawn = pictures(&product);
        if save_product(shop, new_product(import, merchant, category, product, drawn, shop.clock.now())).await? {
            added += 1;
        } else {
            changed += 1;
        }
    }
    Ok((added, changed))
}

fn category_names(kind: &str) -> BTreeMap<&'static str, String> {
    if kind.is_empty() {
        return BTreeMap::from([("zh-Hans", "其他".into()), ("zh-Hant", "其他".into()), ("en", "Other".into())]);
    }
    Lang::ALL.iter().map(|l| (l.tag(), kind.to_owned())).collect()
}

fn new_product(
    import: &Import,
    merchant: domain::id::MerchantId,
    category: uuid::Uuid,
    product: Imported,
    pictures: Vec<NewPicture>,
    now: i64,
) -> NewProduct {
    // Shopify writes a product without options as the option "Title" with the value "Default Title".
    let plain = product.options.len() == 1
        && product.options.iter().all(|o| o.name == "Title" && o.values == ["Default Title"]);
    let options = if plain { Vec::new() } else { product.options };
    let skus = product
        .variants
        .into_iter()
        .map(|v| NewSku {
            code: v.code,
            choice: if plain { Vec::new() } else { v.choice },
            price: v.price,
            compare_at: v.compare_at,
            group_price: None,
            weight_g: v.grams,
            on_hand: v.stock,
            earlier: Vec::new(),
        })
        .collect();
    let attributes = Vec::new();
    let text = Text {
        title: product.title,
        subtitle: product.vendor,
        detail: Detail { body: product.body, options, attributes, tags: product.tags },
    };
    NewProduct {
        merchant,
        category,
        slug: product.handle,
        status: if product.published { Status::On } else { Status::Draft },
        currency: import.currency,
        texts: BTreeMap::from([(import.lang.tag(), text)]),
        skus,
        pictures,
        published_at: now,
    }
}

/// A name for links: letters and digits of any script, everything else a dash.
fn slug_of(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let dashed: String = lower.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    dashed.split('-').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-")
}

/// A colour that stays the same for the same name, degrees.
pub fn hue_of(name: &str) -> i64 {
    name.bytes().fold(7_i64, |h, b| (h * 31 + i64::from(b)) % 360)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Handle,Title,Body (HTML),Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Position\n";

    fn read(rows: &str) -> Result<Vec<Imported>, Vec<BadRow>> {
        read_csv(format!("{HEAD}{rows}").as_bytes(), Currency::Usd)
    }

    #[test]
    fn rows_of_one_handle_are_one_product() {
        let products = read(
            "cup,Cup,<b onclick=x>Good</b><script>bad()</script>,true,Size,S,c-s,200,5,9.99,12,https://x.test/a.jpg?v=1,1\n\
             cup,,,,,L,c-l,300.0,,15,,https://x.test/b.jpg,2\n\
             cup,,,,,,,,,,,https://x.test/c.jpg,3\n",
        )
        .unwrap();
        assert_eq!(products.len(), 1);
        let cup = &products[0];
        assert_eq!(cup.pictures, ["a.jpg", "b.jpg", "c.jpg"]);
        assert_eq!(cup.options[0].values, ["S", "L"]);
        let seen: Vec<_> = cup.variants.iter().map(|v| (v.price, v.compare_at, v.grams, v.stock)).collect();
        assert_eq!(seen, [(999, Some(1200), 200, 5), (1500, None, 300, 0)]);
    }

    #[test]
    fn twelve_kinds_of_broken_rows_are_each_named_by_line() {
        let rows = [
            (",No handle,,true,,,,,,1,,,", "no Handle"),
            ("a b/c,Bad handle,,true,,,,,,1,,,", "no name for a link"),
            ("no-title,,,true,,,,,,1,,,", "no Title"),
            ("no-price,T,,true,,,,,,,,,", "no Variant Price"),
            ("word-price,T,,true,,,,,,cheap,,,", "not an amount"),
            ("minus-price,T,,true,,,,,,-1,,,", "below zero"),
            ("deep-price,T,,true,,,,,,1.999,,,", "not an amount"),
            ("bad-compare,T,,true,,,,,,1,x,,", "Variant Compare At Price"),
            ("bad-stock,T,,true,,,,,many,1,,,", "not a whole number"),
            ("bad-grams,T,,true,,,,-5,,1,,,", "below zero"),
            ("lost-value,T,,true,,Red,,,,1,,,", "without Option1 Name"),
            ("bad-published,T,,maybe,,,,,,1,,,", "not true or false"),
            ("bad-position,T,,true,,,,,,1,,https://x.test/a.jpg,first", "not a number"),
            ("short,T,,true", "4 cells where"),
        ];
        let file: String = rows.iter().map(|(r, _)| format!("{r}\n")).collect();
        let bad = read(&file).unwrap_err();
        assert_eq!(bad.len(), rows.len(), "{bad:#?}");
        for (i, (bad, (_, reason))) in bad.iter().zip(rows).enumerate() {
            assert_eq!(usize::try_from(bad.line).unwrap(), i + 2);
            assert!(bad.reason.contains(reason), "{bad:?} should say {reason:?}");
        }
        let twice = read("x,T,,true,Size,S,,,,1,,,\nx,,,,,S,,,,1,,,\n").unwrap_err();
        assert_eq!(twice[0].line, 3);
        let broken = read_csv(&[HEAD.as_bytes(), b"x,\xff\xfe,,true,,,,,,1,,,\n"].concat(), Currency::Usd).unwrap_err();
        assert_eq!((broken[0].line, broken[0].reason.as_str()), (2, "not UTF-8"));
        assert_eq!(read_csv(b"", Currency::Usd).unwrap_err()[0].reason, "the file is empty");
        assert!(read_csv(b"a,b\n1,2\n", Currency::Usd).unwrap_err()[0].reason.contains("Handle"));
    }
}
