//! The compose files and the image: what they promise, held without Docker; and by Docker's own check where it is there.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Desk;
use serde_yaml_ng::Value;

const FILES: [&str; 2] = ["docker-compose.yml", "docker-compose.plain.yml"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn parsed(name: &str) -> Value {
    let mut value: Value =
        serde_yaml_ng::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    value.apply_merge().expect("anchors that are there");
    value
}

fn services(file: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let services = file["services"].as_mapping().expect("services");
    services.iter().map(|(name, service)| (name.as_str().expect("a name"), service))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_sequence().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn keys(map: &Value) -> BTreeSet<&str> {
    map.as_mapping().into_iter().flatten().filter_map(|(key, _)| key.as_str()).collect()
}

/// One that ends when its work is done.
fn ends(service: &Value) -> bool {
    service["restart"] == "no"
}

#[test]
fn every_service_has_a_pinned_image_and_a_health_check() {
    let file = parsed(FILES[0]);
    for (name, service) in services(&file) {
        let image = service["image"].as_str().unwrap_or_else(|| panic!("{name} has an image"));
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        assert!(
            tag.starts_with(|c: char| c.is_ascii_digit()) && tag.contains('.'),
            "{name}: {image} is not pinned"
        );
        let checked = !texts(&service["healthcheck"]["test"]).is_empty();
        assert!(checked || ends(service), "{name} has no health check");
    }
}

#[test]
fn every_secret_and_volume_is_declared_and_used() {
    let file = parsed(FILES[0]);
    let (mut secrets, mut volumes) = (BTreeSet::new(), BTreeSet::new());
    for (name, service) in services(&file) {
        secrets.extend(texts(&service["secrets"]));
        for volume in texts(&service["volumes"]) {
            let from = volume.split(':').next().unwrap();
            match from.strip_prefix("./") {
                Some(path) => assert!(root().join(path).exists(), "{name}: {from} is not in the repository"),
                None => drop(volumes.insert(from)),
            }
        }
    }
    assert_eq!(secrets, keys(&file["secrets"]));
    assert_eq!(volumes, keys(&file["volumes"]));
    let made = text("deploy/make-secrets");
    for (name, secret) in file["secrets"].as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        assert_eq!(secret["file"], format!("./secrets/{name}").as_str());
        assert!(made.contains(&format!("make {name} ")), "deploy/make-secrets does not make {name}");
    }
    assert!(text(".gitignore").contains("/secrets\n") && text(".dockerignore").contains("secrets\n"));
}

#[test]
fn no_password_stands_in_a_file_and_nobody_reaches_the_database_from_outside() {
    for name in FILES {
        let text = text(name);
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let lower = line.to_lowercase();
            let by_file = ["_file:", "-file", "secrets", "/run/secrets", "-password:"];
            assert!(
                !lower.contains("password") || by_file.iter().any(|word| lower.contains(word)),
                "{name}: {line}"
            );
            assert!(!lower.contains("changeit"), "{name}: {line}");
        }
        let file = parsed(name);
        for (service, own) in services(&file) {
            assert!(own["ports"].is_null() || service == "proxy", "{service} is published");
        }
    }
    let file = parsed(FILES[0]);
    assert_eq!(file["networks"]["ledger"]["internal"], true);
    let outside: Vec<_> = services(&file)
        .filter(|(_, own)| {
            texts(&own["networks"]).contains(&"outside") || keys(&own["networks"]).contains("outside")
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(outside, ["proxy"]);
}

#[test]
fn the_plain_file_changes_services_that_are_there_and_leaves_no_member_with_tls() {
    let (file, plain) = (parsed(FILES[0]), parsed(FILES[1]));
    let known = keys(&file["services"]);
    assert!(keys(&plain["services"]).is_subset(&known));
    for (name, service) in services(&file) {
        let environment = &service["environment"];
        if !environment["KURRENTDB_CLUSTER_SIZE"].is_null() {
            assert_eq!(plain["services"][name]["environment"]["KURRENTDB_INSECURE"], "true", "{name}");
            assert_eq!(environment["KURRENTDB_ENABLE_ATOM_PUB_OVER_HTTP"], "true", "{name}");
        }
        if let Some(store) = environment["PROGRESS_LEDGER_STORE"].as_str() {
            assert!(store.starts_with("eventstore+https://"), "{name}");
            let store = plain["services"][name]["environment"]["PROGRESS_LEDGER_STORE"].as_str();
            assert!(store.is_some_and(|store| store.starts_with("eventstore+http://")), "{name}");
        }
    }
}

/// Command lines of the program that services and health checks run.
fn command_lines(file: &Value) -> Vec<Vec<&str>> {
    let of_program = services(file)
        .filter(|(_, own)| own["image"].as_str().is_some_and(|own| own.starts_with("progress-ledger:")));
    of_program
        .flat_map(|(_, own)| {
            let check = texts(&own["healthcheck"]["test"]);
            let check =
                check.iter().position(|word| *word == "progress-ledger").map(|at| check[at + 1..].to_vec());
            [Some(texts(&own["command"])), check]
        })
        .flatten()
        .collect()
}

#[test]
fn every_command_and_option_is_one_of_the_program() {
    let (desk, file) = (Desk::new(), parsed(FILES[0]));
    let lines = command_lines(&file);
    assert!(lines.len() >= 4, "{lines:?}");
    for line in lines {
        let commands: Vec<&str> = line.iter().take_while(|word| !word.starts_with('-')).copied().collect();
        let help = desk.run(&format!("{} --help", commands.join(" "))).with(0).out;
        for option in line.iter().filter(|word| word.starts_with("--")) {
            let named = help.split_whitespace().any(|word| word.trim_end_matches(',') == *option);
            assert!(named, "`{}` has no {option}:\n{help}", commands.join(" "));
        }
    }
    let help = desk.run("--help").with(0).out;
    let environment = file["services"]["serve-1"]["environment"].as_mapping().unwrap();
    for (name, _) in environment {
        assert!(help.contains(name.as_str().unwrap()), "the program does not read {name:?}");
    }
}

/// Two programs cannot record through one folder: where `serve` records, only one of the servers may.
#[test]
fn at_most_one_server_records_through_a_state_folder() {
    let (desk, file) = (Desk::new(), parsed(FILES[0]));
    let records = desk.run("serve --help").with(0).out.contains("--read-only");
    let servers = services(&file).filter(|(name, _)| name.starts_with("serve-"));
    let writing = servers.filter(|(_, own)| !texts(&own["command"]).contains(&"--read-only")).count();
    assert!(writing == 1 || !records, "{writing} servers would record through one folder");
}

#[test]
fn the_image_is_built_in_stages_and_run_by_nobody_in_particular() {
    let docker = text("Dockerfile");
    let of = |word: &str| {
        docker.lines().filter(|line| line.starts_with(word)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("FROM").len(), 2);
    assert_eq!(of("USER"), ["USER ledger"]);
    assert!(
        of("FROM").iter().all(|line| line.split(':').nth(1).is_some_and(|tag| tag.contains('.'))),
        "pinned"
    );
    let copied = of("COPY").into_iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned));
    for path in copied.filter(|path| !path.starts_with("--from") && path != ".") {
        assert!(root().join(&path).exists(), "{path}");
    }
}

#[test]
fn secrets_are_made_once_and_only_for_their_owner() {
    let desk = Desk::new();
    let make = || {
        let mut command = Command::new(root().join("deploy/make-secrets"));
        let output = command.current_dir(desk.folder()).output().expect("bash starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    make();
    let read = |name: &str| std::fs::read_to_string(desk.path("secrets").join(name)).unwrap();
    let (admin, password) = (read("kurrentdb-admin-password"), read("postgres-password"));
    assert!(admin.len() == 49 && admin != read("kurrentdb-ops-password"));
    assert!(read("postgres-url").contains(password.trim_end()));
    let mode = |path: PathBuf| {
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
    };
    assert_eq!(mode(desk.path("secrets/ledger-password")), 0o600);
    assert_eq!(mode(desk.path("secrets")), 0o700);
    make();
    assert_eq!(read("kurrentdb-admin-password"), admin, "none is overwritten");
}

/// The client, under either of its names.
fn compose() -> Option<Command> {
    let plugin = || {
        let mut command = Command::new("docker");
        command.arg("compose");
        command
    };
    let own = || Command::new("docker-compose");
    let works =
        |mut command: Command| command.arg("version").output().is_ok_and(|output| output.status.success());
    if works(plugin()) {
        return Some(plugin());
    }
    works(own()).then(own)
}

#[test]
fn docker_compose_finds_nothing_wrong() {
    let Some(_) = compose() else {
        eprintln!(
            "not run: there is no `docker compose` and no `docker-compose` on this machine (Debian: docker-compose)"
        );
        return;
    };
    for files in [&FILES[..1], &FILES[..]] {
        let mut command = compose().expect("it was there");
        command.current_dir(root()).env("LEDGER_STREAM", "ledger-test").env("LEDGER_VKEY", "x+00000000+AAAA");
        for file in files {
            command.args(["-f", file]);
        }
        let output = command.args(["config", "--quiet"]).output().expect("it starts");
        assert!(output.status.success(), "{files:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{files:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn haproxy_takes_its_configuration() {
    let configuration = root().join("deploy/haproxy/haproxy.cfg");
    let Ok(output) = Command::new("haproxy").arg("-c").arg("-f").arg(configuration).output() else {
        eprintln!("not run: there is no `haproxy` on this machine (Debian: haproxy)");
        return;
    };
    // That servers of other machines are not found here is a warning.
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
