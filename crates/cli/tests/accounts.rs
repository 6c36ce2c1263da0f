//! People, as whoever sits at the server looks after them.

mod common;

use common::Desk;

#[test]
fn the_first_administrator_a_reporter_and_a_token() {
    let desk = Desk::opened();
    let first = desk.json("--ledger L account first");
    assert!(first["link"].as_str().unwrap().starts_with("/link/pll_") && first["login"] == "admin");
    assert!(desk.path("L.accounts").is_file() && !desk.path("L/L.accounts").exists(), "beside, never inside");

    let added = desk.run("--ledger L account add Wang.Fang --person 演示数据 --id guixi.report").with(0).out;
    assert!(added.contains("邀请链接") && added.contains("只能用一次"), "{added}");
    desk.run("--ledger L account role grant wang.fang reporter --unit guixi --from 2026-01-01").with(0);
    let listed = desk.json("--ledger L account list");
    let account =
        listed["accounts"].as_array().unwrap().iter().find(|own| own["login"] == "wang.fang").unwrap();
    assert_eq!((&account["id"], &account["has_password"]), (&"guixi.report".into(), &false.into()));
    assert_eq!(account["roles"][0]["role"], "reporter");

    let issued =
        desk.json("--ledger L account token issue guixi.report --name 月报 --scope read --scope report");
    assert!(issued["token"].as_str().unwrap().starts_with("plt_"));
    let listed = desk.run("--ledger L account token list wang.fang").with(0).out;
    assert!(listed.contains("read report") && !listed.contains("plt_"), "{listed}");
    desk.run("--ledger L account token end wang.fang 1").with(0);
    desk.run("--ledger L account role withdraw wang.fang 2").with(0);
    desk.run("--ledger L account lock wang.fang --reason 离岗").with(0);
    assert!(desk.run("--ledger L account list").out.contains("已停用：离岗"));
    assert!(desk.run("--ledger L account link wang.fang").with(1).err.contains("请先恢复账号"));
    desk.run("--ledger L account unlock wang.fang").with(0);
    assert_eq!(desk.json("--ledger L account link wang.fang")["purpose"], "invitation");

    let log = desk.json("--ledger L account log guixi.report");
    let acts: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|own| own["act"].as_str().unwrap()).collect();
    let expected = [
        "account-added",
        "link-made",
        "role-granted",
        "token-issued",
        "token-ended",
        "role-withdrawn",
        "account-locked",
        "account-unlocked",
        "link-made",
    ];
    assert_eq!(acts, expected);
    assert!(log["entries"].as_array().unwrap().iter().all(|own| own["by"] == "@operator"));
    assert!(log["whole"]["entries"].as_i64().unwrap() > 9);
    assert!(!common::lines(&desk.path("L")).concat().contains("wang.fang"), "the ledger knows no login name");
}

#[test]
fn what_is_refused_changes_nothing_and_ends_with_one() {
    let desk = Desk::opened();
    desk.run("--ledger L account add wang --person 演示数据").with(0);
    desk.run("--ledger L account role grant wang administrator --unit digital-office").with(0);
    for (arguments, said) in [
        ("account add WANG --person 演示数据", "已有账号使用"),
        ("account role grant wang reporter --unit guixi", "不能由一人担任"),
        ("account role grant wang leader --unit nowhere", "账本里没有单位“nowhere”"),
        ("account role grant nobody leader --unit guixi", "没有账号“nobody”"),
        ("account role withdraw wang 9", "没有编号为 9 的角色"),
        ("account token end wang 9", "没有编号为 9 的令牌"),
        ("account token issue wang --name x --scope read --days 400", "不超过 366 天"),
        ("account lock wang --reason ␣", "停用原因"),
    ] {
        let answer = desk.run(&format!("--ledger L {arguments}")).with(1);
        assert!(answer.err.contains(said), "{arguments}: {}", answer.err);
    }
    for (arguments, said) in [
        ("account role grant wang boss --unit guixi", "没有这个角色。可选：reporter、verifier"),
        ("account token issue wang --name x --scope all", "没有这个令牌权限范围"),
        ("account log --after x", "编号要写成非负整数"),
    ] {
        let answer = desk.run(&format!("--ledger L {arguments}")).with(2);
        assert!(answer.err.contains(said), "{arguments}: {}", answer.err);
    }
    assert_eq!(desk.json("--ledger L account log")["whole"]["entries"], 3);
}
