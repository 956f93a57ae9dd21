//! Series of the text format of OpenMetrics and Prometheus: a name, labels, a value.

use std::collections::BTreeMap;

use super::elements::Flaw;

/// One sample of one series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series<'a> {
    pub(super) line: usize,
    pub(super) name: &'a str,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

/// Reads all samples.
pub(super) fn parse(text: &str) -> Result<Vec<Series<'_>>, Flaw> {
    let mut all = Vec::new();
    for (at, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| Flaw::of_line(at, why);
        let (name, labels, rest) = selector(line).map_err(wrong)?;
        let value = rest.split_whitespace().next().ok_or_else(|| wrong("a sample has no value"))?;
        // `+Inf` and `NaN` are numbers of the format; whether they are amounts is asked where they are used.
        let value = value.parse().map_err(|_| wrong("the value of a sample is not a number"))?;
        all.push(Series { line: at, name, labels, value });
    }
    Ok(all)
}

/// The value of the one series that a selector, `name` or `name{label="value"}`, fits; `None` where none does.
pub(super) fn value(all: &[Series<'_>], field: &str) -> Result<Option<f64>, String> {
    let (name, labels, rest) = selector(field).map_err(|why| format!("`{field}`: {why}"))?;
    if !rest.trim().is_empty() {
        return Err(format!("`{field}` is not a series such as `hits{{cache=\"a\"}}`"));
    }
    let fits = |series: &&Series<'_>| {
        series.name == name && labels.iter().all(|(label, value)| series.labels.get(label) == Some(value))
    };
    let mut found = all.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(_), Some(second)) => {
            Err(format!("`{field}` fits more than one series, another on line {}: name its labels", second.line))
        }
        (one, _) => Ok(one.map(|series| series.value)),
    }
}

/// A name, its labels, and what stands behind them.
type Selected<'a> = (&'a str, BTreeMap<String, String>, &'a str);

fn selector(text: &str) -> Result<Selected<'_>, &'static str> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':');
    let end = text.find(|letter| !is_of_name(letter)).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() {
        return Err("a series has no name");
    }
    let mut labels = BTreeMap::new();
    let Some(inside) = rest.strip_prefix('{') else { return Ok((name, labels, rest)) };
    rest = inside.trim_start();
    while !rest.starts_with('}') {
        let (label, after) = rest.split_once('=').ok_or("a label has no value")?;
        let quoted = after.trim_start().strip_prefix('"').ok_or("the value of a label has no quotes")?;
        let (value, after) = unquoted(quoted).ok_or("the value of a label does not end")?;
        labels.insert(label.trim().to_owned(), value);
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        if rest.is_empty() {
            return Err("the labels do not end");
        }
    }
    Ok((name, labels, &rest[1..]))
}

/// Reads up to the closing quote.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            _ => value.push(letter),
        }
    }
    None
}
