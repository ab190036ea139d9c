use super::super::shaped::*;
use super::super::vendors::VENDORS;
use super::*;

/// A body of the set, as short as is accepted and of `length` at least.
fn body(set: Set, length: usize) -> String {
    let cycle = |letters: &str| letters.chars().cycle().take(length).collect::<String>();
    match set {
        Set::AwsId => cycle("J7QK2X"),
        Set::Hex | Set::HexExact32 => cycle("a3f09c5d"),
        Set::Alnum | Set::AlnumMixed | Set::AlnumExact => cycle("kX7pQ2m"),
        Set::Word | Set::AlnumWordMixed => cycle("kX7pQ2m_"),
        Set::Url | Set::UrlMixed | Set::UrlDot => cycle("k-X7p_Q2m"),
        Set::Base64 => cycle("kX7+pQ/2m"),
        Set::Braintree => cycle("production$kx7pq2"),
        Set::Query => cycle("kX7%2B"),
        Set::Path => cycle("T0K/B7Q/x9"),
        Set::DottedSendgrid => format!("{}.{}", &cycle("kX7pQ2m")[..22], cycle("kX7pQ2m")),
        Set::DottedAirtable => format!("{}.{}", &cycle("kX7pQ2m")[..14], cycle("a3f09c5d")),
        Set::DottedHarness => {
            let (name, id) = (cycle("kX7pQ2m"), cycle("a3f09c5d"));
            format!("{}.{}.{}", &name[..22], &id[..24], &name[..20])
        }
        Set::Shopify => format!("at_{}", cycle("a3f09c5d")),
        Set::Sentry => format!("u_{}", cycle("a3f09c5d")),
        Set::Uuid => "a3f09c5d-09c5-4d3f-a3f0-9c5da3f09c5d".to_owned(),
        Set::ClickUp => format!("45193629_{}", &cycle("J7QK2X8M")[..32]),
    }
}

fn hits(text: &str, vendor: &Vendor, at: usize) -> Vec<(usize, usize)> {
    let mut hits = Hits::default();
    find(&Input::new(text, ""), vendor, at, &mut hits);
    hits.iter().map(|h| (h.start, h.end)).collect()
}

#[test]
fn every_vendor_is_found_whole() {
    for vendor in VENDORS {
        let token = format!(
            "{}{}",
            vendor.prefix,
            body(vendor.set, vendor.least).trim_end_matches(['-', '_', '/'])
        );
        let padded = if token.len() < vendor.prefix.len() + vendor.least {
            token.clone() + "7k"
        } else {
            token
        };
        let text = format!("using '{padded}', done.");
        assert_eq!(
            hits(&text, vendor, 7),
            [(7, 7 + padded.len())],
            "{}",
            vendor.prefix
        );
    }
}

#[test]
fn halves_words_and_examples_stay() {
    for vendor in VENDORS {
        let half = format!(
            "'{}{}'",
            vendor.prefix,
            &body(vendor.set, vendor.least)[..vendor.least / 3]
        );
        assert_eq!(hits(&half, vendor, 1), [], "{}", vendor.prefix);
        let name = format!("'{}example'", vendor.prefix);
        assert_eq!(hits(&name, vendor, 1), [], "{}", vendor.prefix);
    }
}

#[test]
fn shapes_without_a_prefix() {
    let mut hits = Hits::default();
    let bot = format!("123456789:AA{}", "kX7pQ2m_-".repeat(4));
    find_telegram(&Input::new(&bot, ""), 9, &mut hits);
    assert_eq!(
        hits.iter().next().map(|h| (h.start, h.end)),
        Some((0, bot.len()))
    );
    hits.clear();
    let secret = format!("abc8Q~{}", "kX7pQ2m".repeat(5));
    find_azure_secret(&Input::new(&secret, ""), 4, &mut hits);
    assert_eq!(hits.iter().next().map(|h| h.start), Some(0));
    hits.clear();
    let key = format!("{}-us12", "a3f09c5d".repeat(4));
    find_mailchimp(&Input::new(&key, ""), 32, &mut hits);
    find_telegram(&Input::new("at 12:AAB", ""), 5, &mut hits);
    assert_eq!(hits.len(), 1);
}

#[test]
fn the_secret_beside_an_aws_key() {
    let id = concat!("AKIA", "J7QK2XJ7QK2XJ7QK");
    let secret = "kX7+pQ/2mZ".repeat(4);
    let text = format!("{id} {secret} {}", "a3f09c5d".repeat(5));
    let vendor = &VENDORS[0];
    assert_eq!(hits(&text, vendor, 0), [(0, 20), (21, 61)]);
}

/// Telegram, Azure (two), Mailchimp, Terraform, Discord and Asana have a finder of their own.
#[test]
fn the_page_about_policies_counts_the_formats() {
    let page = include_str!("../../../../../REDACTION.md");
    let said = format!("{} token formats", super::super::vendors::VENDORS.len() + 7);
    assert!(page.contains(&said), "{said}");
}
