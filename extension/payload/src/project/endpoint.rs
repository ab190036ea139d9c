//! Where a request went: the provider by its host, the path, and the model where the path names it.

use super::said::id;
use crate::jsonb::Container;

/// Hosts by their end or, for those of a cloud's regions, by their beginning.
const HOSTS: [(&str, &str); 16] = [
    ("api.openai.com", "openai"),
    ("openai.azure.com", "azure"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "google"),
    ("aiplatform.googleapis.com", "google-vertex"),
    ("bedrock-runtime.", "bedrock"),
    ("bedrock-mantle.", "bedrock"),
    ("api.groq.com", "groq"),
    ("openrouter.ai", "openrouter"),
    ("api.mistral.ai", "mistral"),
    ("api.cerebras.ai", "cerebras"),
    ("api.deepseek.com", "deepseek"),
    ("api.z.ai", "z-ai"),
    ("api.x.ai", "xai"),
    ("cohere.com", "cohere"),
    ("huggingface.co", "huggingface"),
];

#[derive(Debug, Default)]
pub struct Endpoint<'i> {
    host: Option<&'i str>,
    /// Without the query, which may hold a key.
    pub path: Option<&'i str>,
}

impl<'i> Endpoint<'i> {
    pub fn of(request: Container<'i>) -> Self {
        let url = ["uri", "url"].iter().find_map(|name| id(request, name));
        let Some(url) = url else {
            return Endpoint::default();
        };
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let rest = &rest[..end];
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // A user's name or password may stand before the host, a port behind it.
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        Endpoint {
            host: Some(host).filter(|host| !host.is_empty()),
            path: Some(path).filter(|path| !path.is_empty()),
        }
    }

    /// The provider's name, or the host where the name is not known.
    pub fn provider(&self) -> Option<&'i str> {
        let host = self.host?;
        let named = HOSTS
            .iter()
            .find(|(known, _)| match known.strip_suffix('.') {
                Some(_) => host.starts_with(known),
                None => host.ends_with(known),
            });
        Some(named.map_or(host, |(_, name)| name))
    }

    /// `/model/NAME/converse`, `/models/NAME:generateContent`, `/deployments/NAME/chat/completions`.
    pub fn model(&self) -> Option<String> {
        let mut segments = self.path?.split('/');
        segments.find(|s| matches!(*s, "model" | "models" | "deployments"))?;
        let name = segments.next().filter(|name| !name.is_empty())?;
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        Some(unescaped(name))
    }

    /// True when tokens are counted there, and no model is called.
    pub fn counts(&self) -> bool {
        self.path.is_some_and(|path| {
            ["count_tokens", "countTokens", "input_tokens"]
                .iter()
                .any(|end| path.ends_with(end))
        })
    }
}

/// A path segment without its `%3A`; as it is where that is no text.
fn unescaped(segment: &str) -> String {
    let mut out = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = (*byte == b'%')
            .then(|| std::str::from_utf8(after.get(..2)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8(out).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_models_and_never_show_the_query() {
        let shown = |uri: &str| {
            let bytes = crate::json::parse(&format!(r#"{{"uri":"{uri}"}}"#)).unwrap();
            let Ok(crate::jsonb::Value::Object(request)) = Container::root(&bytes) else {
                panic!("an object");
            };
            let endpoint = Endpoint::of(request);
            format!(
                "{:?} {:?} {:?}",
                endpoint.provider(),
                endpoint.path,
                endpoint.model()
            )
        };
        assert_eq!(
            shown("https://bedrock-runtime.eu-west-1.amazonaws.com/model/a.b-v1%3A0/converse"),
            r#"Some("bedrock") Some("/model/a.b-v1%3A0/converse") Some("a.b-v1:0")"#
        );
        assert_eq!(
            shown("https://generativelanguage.googleapis.com/v1/models/g-2:generateContent?key=k"),
            r#"Some("google") Some("/v1/models/g-2:generateContent") Some("g-2")"#
        );
        assert_eq!(
            shown("http://me:word@models.example:8000?x"),
            r#"Some("models.example") None None"#
        );
        assert_eq!(
            shown("%%/model/%zz%"),
            r#"Some("%%") Some("/model/%zz%") Some("%zz%")"#
        );
    }
}
