//! The imports that are allowed between the parts of the crate. The table is the one of
//! ARCHITECTURE.md; except between a module and its own parent, all arrows have one direction.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::paths_in;
use crate::sources::{Source, assert_none, builds, read, sources};

#[test]
fn each_import_is_in_the_table_of_the_architecture() {
    let edges = edges(&sources("src"));
    assert!(edges.len() > 500, "{} imports were found", edges.len());
    let mistakes = not_allowed(&edges, &table(&read("ARCHITECTURE.md")));
    assert_none("imports that ARCHITECTURE.md does not allow", &mistakes);
    let mistakes = unused(&edges, &table(&read("ARCHITECTURE.md")));
    assert_none("rows of ARCHITECTURE.md that no import needs", &mistakes);
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
        .flat_map(|(from, to)| to.iter().map(move |to| (from, to)))
        .filter_map(|(from, to)| Some(Edge::new(from, "ARCHITECTURE.md", part_of(to, &table)?)))
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
    /// The file and the line.
    place: String,
    to: String,
}

impl Edge {
    fn new(from: &str, place: &str, to: &str) -> Self {
        Self {
            from: from.to_owned(),
            place: place.to_owned(),
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
        let is_near = |part: &&String| part.contains("::") && is_in(&near, part);
        match parts.iter().any(|part| is_near(&part)) {
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
        // The row of a facade is only that file, as the folders below have rows of their own.
        let is_facade = ["client", "server"].contains(&part.as_str());
        module == *part || is_in(module, part) && !is_facade
    };
    let parts = table.keys().filter(contains);
    parts.max_by_key(|part| part.len()).map(String::as_str)
}

/// Whether a module is this one or inside it.
fn is_in(module: &str, other: &str) -> bool {
    let rest = module.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The imports that a row allows and no file of its part has.
fn unused(edges: &[Edge], table: &Table) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (part, to) in table {
        let own: Vec<&Edge> = edges
            .iter()
            .filter(|edge| part_of(&edge.from, table) == Some(part))
            .collect();
        let is_unused = |row: &&String| !own.iter().any(|edge| is_in(&edge.to, row));
        // The wiring of the server may import all of it.
        let unused = to
            .iter()
            .filter(is_unused)
            .filter(|_| part != "server::daemon");
        mistakes.extend(unused.map(|row| format!("{part} -> {row}")));
    }
    mistakes
}

fn not_allowed(edges: &[Edge], table: &Table) -> Vec<String> {
    let mut mistakes = BTreeSet::new();
    for Edge { from, place, to } in edges {
        let (Some(part), Some(other)) = (part_of(from, table), part_of(to, table)) else {
            mistakes.insert(format!("{place}: {from} or {to} has no row in the table"));
            continue;
        };
        if part != other && !table[part].iter().any(|row| is_in(to, row)) {
            mistakes.insert(format!("{place}: {part} -> {to}"));
        }
    }
    mistakes.into_iter().collect()
}

/// The edges that are in a circle, where `node` says what is one node. Edges between a module and its
/// own parent do not count, but those to a grandparent do.
fn circles(edges: &[Edge], node: impl Fn(&str) -> String) -> Vec<String> {
    let edges: Vec<(String, String, &Edge)> = edges
        .iter()
        .map(|edge| (node(&edge.from), node(&edge.to), edge))
        .filter(|(from, to, _)| from != to && parent(from) != to && parent(to) != from)
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
        .map(|(from, to, edge)| format!("{}: {from} -> {to}", edge.place))
        .collect()
}

/// All uses of one module by another, in what is compiled into the programs, with all features and with
/// none.
fn edges(files: &[Source]) -> Vec<Edge> {
    let builds = builds(files);
    let edges: BTreeSet<Edge> = builds
        .iter()
        .flat_map(|files| edges_of_build(files))
        .collect();
    edges.into_iter().collect()
}

fn edges_of_build(files: &[&Source]) -> BTreeSet<Edge> {
    let files = files.iter().copied();
    let files: Vec<&Source> = files.filter(|source| !source.is_in("src/bin/")).collect();
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
                let place = format!("{}:{}", source.name, path.line);
                edges.insert(Edge::new(&module, &place, &to));
            }
        }
    }
    edges
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

/// The module of a file; a stand-in is the module that it stands in for.
fn module_of(file: &str) -> String {
    let path = file.replace("/no_", "/");
    let path = path.strip_prefix("src/").unwrap_or(&path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    match path {
        "lib" => String::new(),
        path => path.replace('/', "::"),
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

    // A module may use its parent, and the parent the module. A grandparent is no exception.
    let family = |child: &str| {
        [
            file("src/wire/mod.rs", "//! W.\nuse lines::parts::Part;\n"),
            file("src/wire/lines/mod.rs", "//! L.\nuse parts::Part;\n"),
            file("src/wire/lines/parts.rs", child),
        ]
    };
    let to_parent = family("//! P.\nuse super::Lines;\n");
    assert_eq!(
        circles(&edges(&to_parent), str::to_owned),
        Vec::<String>::new()
    );
    let to_grandparent = family("//! P.\nuse super::super::Wire;\n");
    let found = circles(&edges(&to_grandparent), str::to_owned);
    let wanted = [
        "src/wire/lines/parts.rs:2: wire::lines::parts -> wire",
        "src/wire/mod.rs:2: wire -> wire::lines::parts",
    ];
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, wanted.into());

    // A file that stands in for another one in a build without a feature is a part of it.
    let stand_in = [
        file("src/wire/mod.rs", "//! W.\n"),
        file("src/wire/line.rs", "//! L.\n"),
        file("src/wire/no_line.rs", event),
        file("src/client/net/mod.rs", "//! N.\n"),
    ];
    let wanted = "src/wire/no_line.rs:2: wire -> client::net";
    assert_eq!(not_allowed(&edges(&stand_in), &table), [wanted]);

    // A reexported item belongs to the module that defines it.
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

/// The parts outside a folder that import something of it.
fn importers(folder: &str, edges: &[Edge]) -> BTreeSet<String> {
    let is_inside = |module: &str| is_in(module, folder);
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
