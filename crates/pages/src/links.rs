//! Addresses: the three axes go along from page to page, what belongs to one question does not.

/// The parameters that are kept.
const KEPT: [&str; 6] = ["plan", "as_of", "known_at", "rules", "without", "token"];

/// The axes as the request's address has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    axes: Vec<(String, String)>,
}

impl Links {
    /// Keeps the axes of a query.
    pub fn of(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self {
            axes: pairs.filter(|(name, value)| KEPT.contains(&name.as_str()) && !value.is_empty()).collect(),
        }
    }

    /// A path on the same axes, with parameters of its own.
    pub fn to(&self, path: &str, own: &[(&str, &str)]) -> String {
        address(path, own, &self.axes)
    }

    /// A path on the same axes but for those that `own` names, and without a token.
    pub fn with(&self, path: &str, own: &[(&str, &str)]) -> String {
        let stays =
            |(name, _): &&(String, String)| name != "token" && own.iter().all(|(other, _)| other != name);
        let axes: Vec<_> = self.axes.iter().filter(stays).cloned().collect();
        address(path, own, &axes)
    }

    /// A path on the plan alone: now, under the rules in force.
    pub fn now(&self, path: &str, own: &[(&str, &str)]) -> String {
        let axes: Vec<_> = self.axes.iter().filter(|(name, _)| name == "plan").cloned().collect();
        address(path, own, &axes)
    }

    /// The axes, for the hidden fields of a form.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.axes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The values of an axis.
    pub fn values<'l>(&'l self, axis: &'l str) -> impl Iterator<Item = &'l str> {
        self.axes.iter().filter(move |(name, _)| name == axis).map(|(_, value)| value.as_str())
    }
}

fn address(path: &str, own: &[(&str, &str)], axes: &[(String, String)]) -> String {
    let axes = axes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let pairs = own.iter().copied().chain(axes);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_go_along_and_nothing_else() {
        let links = Links::of("area=yuehu&as_of=2022-06-25&known_at=&without=a&without=b");
        assert_eq!(links.to("/", &[]), "/?as_of=2022-06-25&without=a&without=b");
        assert_eq!(links.with("/", &[("as_of", "2022-03-25")]), "/?as_of=2022-03-25&without=a&without=b");
        assert_eq!(links.now("/cell", &[("area", "余 江")]), "/cell?area=%E4%BD%99+%E6%B1%9F");
    }
}
