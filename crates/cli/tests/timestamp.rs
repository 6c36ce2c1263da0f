//! Time-stamps by a real authority: `openssl ts` with a CA that is made for the test and thrown away.

mod common;

use std::process::{Command, Output};

use common::Desk;

/// The authority's configuration: what it signs with, and under which policy.
const AUTHORITY: &str = "\
[tsa]
default_tsa = own
[own]
dir = .
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./ca.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
clock_precision_digits = 3
";

fn openssl(desk: &Desk, arguments: &str) -> Output {
    let mut command = Command::new("openssl");
    command.current_dir(desk.folder()).args(arguments.split_whitespace()).output().expect("openssl starts")
}

#[track_caller]
fn well(desk: &Desk, arguments: &str) -> String {
    let output = openssl(desk, arguments);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {said}");
    said
}

/// A ledger `L` and an authority; nothing where there is no openssl to be one.
fn with_authority() -> Option<Desk> {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: there is no openssl on this machine, so no time-stamp was made or checked");
        return None;
    }
    let desk = Desk::opened();
    std::fs::write(desk.path("tsa.conf"), AUTHORITY).unwrap();
    std::fs::write(desk.path("serial"), "01\n").unwrap();
    std::fs::write(desk.path("tsa.ext"), "extendedKeyUsage=critical,timeStamping\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    well(&desk, &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=throw-away-CA"));
    well(&desk, &format!("req -new {key} -keyout tsa.key -out tsa.csr -subj /CN=throw-away-TSA"));
    well(
        &desk,
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile tsa.ext -out tsa.pem",
    );
    Some(desk)
}

fn reply(desk: &Desk, request: &str, answer: &str) {
    well(desk, &format!("ts -reply -config tsa.conf -queryfile {request} -out {answer}"));
}

#[test]
fn a_head_is_stamped_and_openssl_verifies_what_was_kept() {
    let Some(desk) = with_authority() else { return };
    let asked = desk.json("timestamp request L -o head.tsq");
    let query = well(&desk, "ts -query -in head.tsq -text");
    assert!(query.contains("Certificate required: yes") && query.contains("sha256"), "{query}");
    assert!(query.contains("Nonce: 0x"), "{query}");
    reply(&desk, "head.tsq", "head.tsr");

    // The ledger goes on before the answer comes: the note that was asked about is still there.
    let signed = std::fs::read(desk.path("L/checkpoint")).unwrap();
    desk.run("--ledger L period open 2022-05 --starts 2022-01-01 --ends 2022-05-25 --due 2022-05-30T18:00")
        .with(0);
    let kept = desk.json("timestamp attach L head.tsr --request head.tsq");
    assert_eq!((&kept["size"], &kept["root"]), (&asked["size"], &asked["root"]));
    assert_eq!(kept["policy"], "1.3.6.1.4.1.99999.1");
    let (note, stamp) = (kept["checkpoint"].as_str().unwrap(), kept["answer"].as_str().unwrap());
    assert_eq!(
        (note, stamp),
        (
            &*format!("L/timestamps/{}.checkpoint", kept["size"]),
            &*format!("L/timestamps/{}.tsr", kept["size"])
        )
    );
    assert_eq!(std::fs::read(desk.path(note)).unwrap(), signed);
    assert!(well(&desk, &format!("ts -verify -data {note} -in {stamp} -CAfile ca.pem")).contains("OK"));

    // Again is no harm; a second stamp is not put over the first; the ledger is as clean as before.
    let again = desk.run("timestamp attach L head.tsr").with(0);
    assert!(again.out.contains("没有核验：时间戳服务的签名与证书链"), "{}", again.out);
    reply(&desk, "head.tsq", "second.tsr");
    assert!(desk.run("timestamp attach L second.tsr").with(2).err.contains("不会覆盖"));
    desk.run("verify L").with(0);
}

#[test]
fn an_answer_to_something_else_is_not_kept() {
    let Some(desk) = with_authority() else { return };
    desk.run("timestamp request L -o head.tsq").with(0);

    // Of other bytes, of another algorithm, for another request, refused, cut, and nothing at all.
    std::fs::write(desk.path("other"), "other bytes").unwrap();
    for (query, said) in [("-sha256", "没有为这样的账本头请求过时间戳"), ("-sha512", "摘要算法不是 SHA-256")]
    {
        well(&desk, &format!("ts -query -data other {query} -cert -out other.tsq"));
        reply(&desk, "other.tsq", "other.tsr");
        let refused = desk.run("timestamp attach L other.tsr").with(1);
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    reply(&desk, "head.tsq", "head.tsr");
    desk.run("timestamp request L -o again.tsq").with(0);
    let another = desk.run("timestamp attach L head.tsr --request again.tsq").with(1);
    assert!(another.err.contains("答复的不是请求 again.tsq"), "the nonce differs: {}", another.err);
    let whole = std::fs::read(desk.path("head.tsr")).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        std::fs::write(desk.path("cut.tsr"), &whole[..cut]).unwrap();
        assert!(desk.run("timestamp attach L cut.tsr").with(1).err.contains("不是时间戳回执"));
    }
    std::fs::write(desk.path("strict.conf"), AUTHORITY.replace("sha256, sha512", "sha512")).unwrap();
    // openssl writes the refusal and ends with an error.
    openssl(&desk, "ts -reply -config strict.conf -queryfile head.tsq -out refused.tsr");
    let refused = desk.run("timestamp attach L refused.tsr").with(1);
    assert!(refused.err.contains("没有签发（状态 2）"), "{}", refused.err);
    assert!(
        !desk
            .path("L/timestamps")
            .read_dir()
            .unwrap()
            .any(|entry| { entry.unwrap().path().extension().is_some_and(|kind| kind == "tsr") })
    );
    desk.run("timestamp attach L head.tsr --request head.tsq").with(0);
}

#[test]
fn without_a_head_there_is_nothing_to_stamp() {
    let desk = Desk::opened();
    std::fs::remove_file(desk.path("L/checkpoint")).unwrap();
    assert!(desk.run("timestamp request L -o head.tsq").with(2).err.contains("没有账本头"));
    assert!(!desk.path("head.tsq").exists());
}
