//! Which part of the crate may import which. The table is the one of ARCHITECTURE.md; a module and
//! the modules that contain it are one part, everything else has one direction of arrows.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::paths_in;
use crate::sources::{Source, assert_none, read, sources};

#[test]
fn each_import_is_in_the_table_of_the_architecture() {
    let edges = edges(&sources("src"));
    assert!(edges.len() > 500, "{} imports were found", edges.len());
    let mistakes = not_allowed(&edges, &table(&read("ARCHITECTURE.md")));
    assert_none("imports that ARCHITECTURE.md does not allow", &mistakes);
}

#[test]
fn no_two_files_import_each_other_in_a_circle() {
    let mistakes = circles(&edges(&sources("src")), |module| module.to_owned());
    assert_none("files that import each other in a circle", &mistakes);
}

#[test]
fn no_two_folders_import_each_other_in_a_circle() {
    let files = sources("src");
    let folders: BTreeSet<String> = files
        .iter()
        .filter(|source| source.name.ends_with("/mod.rs"))
        .map(|source| module_of(&source.name))
        .collect();
    let folder = |module: &str| match folders.contains(module) {
        true => module.to_owned(),
        false => parent(module).to_owned(),
    };
    let mistakes = circles(&edges(&files), folder);
    assert_none("folders that import each other in a circle", &mistakes);
}

#[test]
fn the_table_of_the_architecture_has_one_direction() {
    let table = table(&read("ARCHITECTURE.md"));
    assert!(table.len() > 20, "{} rows were found", table.len());
    let edges: Vec<Edge> = table
        .iter()
        .flat_map(|(from, to)| to.iter().map(|to| Edge::new(from, 0, to)))
        .collect();
    let mistakes = circles(&edges, |part| part.to_owned());
    assert_none("rows of ARCHITECTURE.md in a circle", &mistakes);

    let modules: BTreeSet<String> = sources("src")
        .iter()
        .map(|source| module_of(&source.name))
        .collect();
    let named = table.iter().flat_map(|(from, to)| to.iter().chain([from]));
    let missing: BTreeSet<String> = named
        .filter(|part| !modules.contains(*part))
        .cloned()
        .collect();
    let missing: Vec<String> = missing.into_iter().collect();
    assert_none("rows of ARCHITECTURE.md without a file", &missing);
}

/// One file uses something of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: String,
    line: usize,
    to: String,
}

impl Edge {
    fn new(from: &str, line: usize, to: &str) -> Self {
        Self {
            from: from.to_owned(),
            line,
            to: to.to_owned(),
        }
    }
}

/// Each part of the crate with the parts that it may import.
type Table = BTreeMap<String, BTreeSet<String>>;

/// The rows `part -> parts` of the architecture, in the paths of modules. Names without a `/` are
/// in the folder of the row, or at the top.
fn table(architecture: &str) -> Table {
    let rows: Vec<(&str, &str)> = architecture
        .lines()
        .filter_map(|line| line.split_once("->"))
        .map(|(from, to)| (from.trim(), to.trim()))
        .collect();
    let as_module = |part: &str| part.trim_end_matches("/mod.rs").replace('/', "::");
    let parts: BTreeSet<String> = rows.iter().map(|(from, _)| as_module(from)).collect();
    let in_folder = |from: &str, name: &str| {
        let folder = from.split('/').next().unwrap_or_default();
        let near = format!("{folder}::{}", as_module(name));
        match parts.contains(&near) {
            true => near,
            false => as_module(name),
        }
    };
    rows.iter()
        .map(|(from, to)| {
            let to: BTreeSet<String> = match *to {
                "all of server" => parts
                    .iter()
                    .filter(|part| part.starts_with("server::") || !part.contains("::"))
                    .filter(|part| !["server", "client", "server::daemon"].contains(&part.as_str()))
                    .cloned()
                    .collect(),
                to => to.split(' ').map(|name| in_folder(from, name)).collect(),
            };
            let to = to.into_iter().filter(|name| !name.is_empty()).collect();
            (as_module(from), to)
        })
        .collect()
}

/// The part of the table that a module belongs to: the longest row that contains it.
fn part_of<'t>(module: &str, table: &'t Table) -> Option<&'t str> {
    let contains = |part: &&String| {
        let rest = module.strip_prefix(part.as_str());
        // The row of a facade is only that file, as the folders below have rows of their own.
        let is_facade = ["client", "server"].contains(&part.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::") && !is_facade)
    };
    let parts = table.keys().filter(contains);
    parts.max_by_key(|part| part.len()).map(String::as_str)
}

fn not_allowed(edges: &[Edge], table: &Table) -> Vec<String> {
    let mut mistakes = BTreeSet::new();
    for Edge { from, line, to } in edges {
        let (Some(part), Some(other)) = (part_of(from, table), part_of(to, table)) else {
            mistakes.insert(format!("{from}:{line}: {to} has no row in the table"));
            continue;
        };
        if part != other && !table[part].contains(other) {
            mistakes.insert(format!("{}:{line}: {part} -> {to}", file_of(from)));
        }
    }
    mistakes.into_iter().collect()
}

/// The edges that are in a circle, where `node` says what is one node. Edges between a node and
/// those that contain it do not count.
fn circles(edges: &[Edge], node: impl Fn(&str) -> String) -> Vec<String> {
    let is_inside = |one: &str, other: &str| {
        let rest = one.strip_prefix(other);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let edges: Vec<(String, String, &Edge)> = edges
        .iter()
        .map(|edge| (node(&edge.from), node(&edge.to), edge))
        .filter(|(from, to, _)| !is_inside(from, to) && !is_inside(to, from))
        .collect();
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to, _) in &edges {
        next.entry(from).or_default().insert(to);
    }
    let leads_to = |start: &str, end: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                open.extend(next.get(node).into_iter().flatten());
            }
        }
        seen.contains(end)
    };
    edges
        .iter()
        .filter(|(from, to, _)| leads_to(to, from))
        .map(|(from, to, edge)| format!("{}:{}: {from} -> {to}", file_of(&edge.from), edge.line))
        .collect()
}

/// All uses of one module by another, in what is compiled into the programs.
fn edges(files: &[Source]) -> Vec<Edge> {
    let files: Vec<&Source> = files
        .iter()
        .filter(|source| !source.is_test() && !source.is_stand_in() && !source.is_in("src/bin/"))
        .collect();
    let crate_ = Crate::new(&files);
    let mut edges = BTreeSet::new();
    for source in &files {
        let module = module_of(&source.name);
        for path in paths_in(source.program_text()) {
            let Some(absolute) = crate_.absolute(&module, &path.segments) else {
                continue;
            };
            let to = crate_.owner(&absolute, &module, 0);
            if to != module && !to.is_empty() {
                edges.insert(Edge::new(&module, path.line, &to));
            }
        }
    }
    edges.into_iter().collect()
}

/// The modules, and what each of them imports under which name.
struct Crate {
    imports: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Crate {
    fn new(files: &[&Source]) -> Self {
        let mut crate_ = Self {
            imports: files
                .iter()
                .map(|source| (module_of(&source.name), BTreeMap::new()))
                .collect(),
        };
        for source in files {
            let module = module_of(&source.name);
            let mut names = BTreeMap::new();
            for path in paths_in(source.program_text()) {
                if let Some(name) = path.imported_as
                    && let Some(absolute) = crate_.absolute(&module, &path.segments)
                {
                    names.insert(name, absolute);
                }
            }
            crate_.imports.insert(module, names);
        }
        crate_
    }

    fn is_module(&self, path: &[String]) -> bool {
        self.imports.contains_key(&path.join("::"))
    }

    /// The path from the top of the crate; none for what is of another crate, or local.
    fn absolute(&self, module: &str, segments: &[String]) -> Option<Vec<String>> {
        let mut base: Vec<String> = match module {
            "" => Vec::new(),
            module => module.split("::").map(str::to_owned).collect(),
        };
        let first = segments.first()?;
        let rest = match first.as_str() {
            "crate" => {
                base.clear();
                &segments[1..]
            }
            "self" => &segments[1..],
            "super" => {
                let ups = segments.iter().take_while(|one| *one == "super").count();
                base.truncate(base.len().checked_sub(ups)?);
                &segments[ups..]
            }
            _ => {
                if let Some(imported) = self.imports.get(module)?.get(first) {
                    let mut path = imported.clone();
                    path.extend_from_slice(&segments[1..]);
                    return Some(path);
                }
                base.push(first.clone());
                if !self.is_module(&base) {
                    return None;
                }
                &segments[1..]
            }
        };
        base.extend_from_slice(rest);
        Some(base)
    }

    /// The module that defines what the path names, through imports that pass it on.
    fn owner(&self, path: &[String], asked_by: &str, depth: usize) -> String {
        let mut length = path.len();
        while length > 0 && !self.is_module(&path[..length]) {
            length -= 1;
        }
        let module = path[..length].join("::");
        if let Some(item) = path.get(length)
            && module != asked_by
            && depth < 8
            && let Some(further) = self.imports.get(&module).and_then(|names| names.get(item))
        {
            return self.owner(further, &module, depth + 1);
        }
        module
    }
}

fn module_of(file: &str) -> String {
    let path = file.strip_prefix("src/").unwrap_or(file);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    match path {
        "lib" => String::new(),
        path => path.replace('/', "::"),
    }
}

/// The file of a module, for a message.
fn file_of(module: &str) -> String {
    let path = format!("src/{}", module.replace("::", "/"));
    let folder = format!("{path}/mod.rs");
    match crate::sources::root().join(&folder).exists() {
        true => folder,
        false => format!("{path}.rs"),
    }
}

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(parent, _)| parent)
}

/// The checks themselves: an import added on purpose is found, with its file and line.
#[test]
fn an_import_against_the_table_is_found() {
    let file = |name: &str, text: &str| Source {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let table = table("```\nclient/event -> wire\nclient/net -> event wire\nwire ->\n```");
    let event = "//! E.\nuse crate::client::net::Driver;\n";
    let good = "//! N.\nuse crate::client::event::Event;\nuse crate::wire::Line;\n";
    let files = [
        file("src/wire/mod.rs", "//! W.\npub use line::Line;\n"),
        file("src/wire/line.rs", "//! L.\n"),
        file("src/client/event/mod.rs", "//! E.\n"),
        file("src/client/net/mod.rs", good),
    ];
    assert_eq!(not_allowed(&edges(&files), &table), Vec::<String>::new());
    assert_eq!(circles(&edges(&files), str::to_owned), Vec::<String>::new());

    let mut files = files;
    files[2] = file("src/client/event/mod.rs", event);
    let wanted = "src/client/event/mod.rs:2: client::event -> client::net";
    assert_eq!(not_allowed(&edges(&files), &table), [wanted]);
    let found = circles(&edges(&files), str::to_owned);
    assert!(found.contains(&wanted.to_owned()), "{found:?}");
    assert_eq!(found.len(), 2, "{found:?}");

    // What a module passes on belongs to the one that defines it.
    files[2] = file(
        "src/client/event/mod.rs",
        "//! E.\nuse crate::wire::Line;\n",
    );
    let to_line = |edge: &Edge| edge.from == "client::event" && edge.to == "wire::line";
    assert!(edges(&files).iter().any(to_line), "{:?}", edges(&files));
}

/// The head of each folder says what the folder must not know, and names those who import it: parts of
/// the same program by their folder or file, others by their top folder.
#[test]
fn the_head_of_each_folder_says_who_may_import_it() {
    let files = sources("src");
    let edges = edges(&files);
    let mut mistakes = Vec::new();
    for source in files
        .iter()
        .filter(|source| source.name.ends_with("/mod.rs"))
    {
        let head: Vec<&str> = source
            .text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(str::trim)
            .collect();
        let head = head.join(" ");
        if !head.contains("must not know") {
            mistakes.push(format!("{}: what it must not know", source.name));
        }
        let folder = module_of(&source.name);
        if !folder.contains("::") && folder != "wire" && folder != "common" {
            // A facade is for programs and embedders.
            continue;
        }
        let named: BTreeSet<String> = head
            .split(['.', ';'])
            .filter(|clause| clause.contains(" import it") || clause.contains(" imports it"))
            .flat_map(|clause| clause.split('`').skip(1).step_by(2))
            .map(str::to_owned)
            .collect();
        let wanted = importers(&folder, &edges);
        if named != wanted {
            mistakes.push(format!("{}: {wanted:?} import it", source.name));
        }
    }
    assert_none("heads of folders that lack", &mistakes);
}

/// Who imports something of a folder from outside it.
fn importers(folder: &str, edges: &[Edge]) -> BTreeSet<String> {
    let is_inside = |module: &str| {
        let rest = module.strip_prefix(folder);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let top = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    let imported = edges
        .iter()
        .filter(|edge| is_inside(&edge.to) && !is_inside(&edge.from) && !edge.from.is_empty());
    imported
        .map(|edge| match top(&edge.from) == top(folder) {
            true => edge
                .from
                .split("::")
                .nth(1)
                .unwrap_or(edge.from.as_str())
                .to_owned(),
            false => top(&edge.from),
        })
        .collect()
}
