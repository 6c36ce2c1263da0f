//! One file for each group of commands; here is only which there are.

mod account;
pub mod acts;
mod alarm;
mod bundle;
mod catalogue;
mod committee;
mod compress;
mod copy;
mod cosign;
mod feed;
mod fsck;
mod hammer;
mod head;
mod keys;
mod objection;
pub mod opening;
mod prove;
mod prove_cell;
pub mod questions;
mod restore;
pub mod rules;
mod schema;
mod self_check;
pub mod serve;
pub mod setup;
mod snapshot;
pub mod status;
mod submit;
mod timestamp;
mod verify;
mod witness;
mod worker;

use clap::Subcommand;

use crate::ledger_dir::Choice;
use crate::output::Answer;

/// What can be asked of the program.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, and it lives as long as the program")]
pub enum Command {
    /// 新建正式账本：方案、单位、目标、责任分工和默认规则
    Init(setup::init::Arguments),
    /// 新建演示账本（演示数据）
    Demo(setup::demo::Arguments),
    /// 看账本状态
    Status,
    /// 看方案的指标、权重和目标；check 找出方案自相矛盾之处
    Catalogue(catalogue::Arguments),
    /// 看、检查、颁布计分规则
    Rules(rules::Arguments),
    /// 出报送表（Excel）
    Template(submit::TemplateArguments),
    /// 报送文件（Excel、CSV、JSON）；--dry-run 只检查
    Submit(submit::Arguments),
    /// 数值的退回、复核、审定、撤回、更正
    Figure(acts::figure::Arguments),
    /// 佐证文件：按哈希入账
    Evidence(acts::evidence::Arguments),
    /// 报送期：开放、延期、关闭
    Period(acts::period::Arguments),
    /// 目标调整
    Target(acts::target::Arguments),
    /// 加分、扣分、一票否决
    Award(acts::award::Arguments),
    /// 单位登记
    Unit(acts::unit::Arguments),
    /// 责任分工
    Duty(acts::duty::Arguments),
    /// 签名密钥：新建、登记、停用，更换账本头密钥
    #[command(alias = "keys")]
    Key(keys::Arguments),
    /// 账号：人员、角色、链接、令牌和账号日志（服务器上的管理员）
    Account(account::Arguments),
    /// 登记表根：以后每次审计都会重算比对（市数字办）
    Attest(acts::attest::Arguments),
    /// 无遗漏声明：单位签名确认自己的行数和末行
    Statement(acts::statement::Arguments),
    /// 考核委员会：委员、密钥、法定人数
    Committee(committee::Arguments),
    /// 快照：提请、批准、冻结、公布、重述、重新开启
    Snapshot(snapshot::Arguments),
    /// 申诉：提出、决定
    Objection(objection::Arguments),
    /// 成绩表
    Scores(questions::scores::ScoresArguments),
    /// 排名
    Ranking(questions::scores::RankingArguments),
    /// 数值：哪个版本计入，其他为何不计
    Figures(questions::figures::Arguments),
    /// 报送及时性：按时、迟报、未报
    Timeliness(questions::timeliness::Arguments),
    /// 汇总核对：各地区之和与全市报数
    RollUps(questions::roll_ups::Arguments),
    /// 一格得分的来龙去脉，直到事件哈希
    Explain(questions::explain::Arguments),
    /// 审计轨迹：一格、一个单位、一次报送发生过什么
    Trail(questions::trail::Arguments),
    /// 两个可复算标识之间的差异：数据、目标、规则各影响多少
    Diff(questions::diff::Arguments),
    /// 审计：只凭文件重算一切
    Verify(verify::Arguments),
    /// 请见证方副署当前账本头
    Cosign(cosign::Arguments),
    /// 时间戳（RFC 3161）：出请求文件，收回执
    Timestamp(timestamp::Arguments),
    /// 运行见证方：为别处的账本头副署
    Witness(witness::Arguments),
    /// 订阅源：只读发布账本各行，供别的平台跟读
    Feed(feed::Arguments),
    /// 网页和 JSON 接口：成绩、数值、溯源、轨迹、对比，只读
    Serve(serve::Arguments),
    /// 读模型：把账本写成 SQL 表（SQLite 文件或 PostgreSQL），并跟上新行
    Worker(worker::Arguments),
    /// 账本头：供核对的词语和二维码
    Head(head::Arguments),
    /// 给一行出包含证明（tlog-proof 文件）
    Prove(prove::Arguments),
    /// 核验包含证明：不需要账本和网络
    VerifyProof(prove::VerifyArguments),
    /// 把恢复的旧备份记入账本，然后继续记录
    Restore(restore::Arguments),
    /// 出具单格证明：一个文件，任何人可离线核验
    ProveCell(prove_cell::Arguments),
    /// 按年打包账本、规则和表，交任何人离线复核
    Bundle(bundle::Arguments),
    /// 复核一个包：不联网、不用服务器，由各行重算公布的表
    VerifyYear(bundle::VerifyArguments),
    /// 自查：verify 之外，再把保存状态逐表逐行与重算结果比对
    Fsck(verify::Arguments),
    /// 定时自查：每隔一段时间由各行重算全部表根，不符则报警；附 Prometheus 指标
    SelfCheck(self_check::Arguments),
    /// 压缩已封存的段文件
    Compress,
    /// 复制账本：目录与服务器之间，可续传，逐字节比对
    Copy(copy::Arguments),
    /// 输出各类事件和计分规则的 JSON Schema
    Schema(schema::Arguments),
    /// 反复记录试验内容（只用于演示账本）
    #[command(hide = true)]
    Hammer(hammer::Arguments),
}

/// Runs a command on the chosen ledger; no command sets up and shows.
///
/// # Errors
/// Whatever keeps the command from an answer; see [`crate::ending`] for the exit codes.
pub fn run(command: Option<Command>, ledger: &Choice) -> anyhow::Result<Answer> {
    let Some(command) = command else { return setup::first_run::run(ledger) };
    match command {
        Command::Init(arguments) => setup::init::run(arguments, ledger),
        Command::Demo(arguments) => setup::demo::run(&arguments),
        Command::Status => status::run(ledger),
        Command::Catalogue(arguments) => catalogue::run(arguments),
        Command::Rules(arguments) => rules::run(arguments, ledger),
        Command::Template(arguments) => submit::template(arguments, ledger),
        Command::Submit(arguments) => submit::run(&arguments, ledger),
        Command::Figure(arguments) => acts::figure::run(arguments, ledger),
        Command::Evidence(arguments) => acts::evidence::run(arguments, ledger),
        Command::Period(arguments) => acts::period::run(arguments, ledger),
        Command::Target(arguments) => acts::target::run(arguments, ledger),
        Command::Award(arguments) => acts::award::run(arguments, ledger),
        Command::Unit(arguments) => acts::unit::run(arguments, ledger),
        Command::Duty(arguments) => acts::duty::run(arguments, ledger),
        Command::Key(arguments) => keys::run(arguments, ledger),
        Command::Account(arguments) => account::run(arguments, ledger),
        Command::Attest(arguments) => acts::attest::run(arguments, ledger),
        Command::Statement(arguments) => acts::statement::run(arguments, ledger),
        Command::Committee(arguments) => committee::run(arguments, ledger),
        Command::Snapshot(arguments) => snapshot::run(arguments, ledger),
        Command::Objection(arguments) => objection::run(arguments, ledger),
        Command::Scores(arguments) => questions::scores::scores(arguments, ledger),
        Command::Ranking(arguments) => questions::scores::ranking(arguments, ledger),
        Command::Figures(arguments) => questions::figures::run(arguments, ledger),
        Command::Timeliness(arguments) => questions::timeliness::run(arguments, ledger),
        Command::RollUps(arguments) => questions::roll_ups::run(arguments, ledger),
        Command::Explain(arguments) => questions::explain::run(arguments, ledger),
        Command::Trail(arguments) => questions::trail::run(arguments, ledger),
        Command::Diff(arguments) => questions::diff::run(arguments, ledger),
        Command::Verify(arguments) => verify::run(&arguments, ledger),
        Command::Cosign(arguments) => cosign::run(&arguments, ledger),
        Command::Timestamp(arguments) => timestamp::run(&arguments, ledger),
        Command::Witness(arguments) => witness::run(&arguments),
        Command::Feed(arguments) => feed::run(&arguments, ledger),
        Command::Serve(arguments) => serve::run(&arguments, ledger),
        Command::Worker(arguments) => worker::run(&arguments, ledger),
        Command::Head(arguments) => head::run(&arguments, ledger),
        Command::Prove(arguments) => prove::run(&arguments, ledger),
        Command::VerifyProof(arguments) => prove::verify(&arguments),
        Command::Restore(arguments) => restore::run(arguments, ledger),
        Command::ProveCell(arguments) => prove_cell::run(arguments, ledger),
        Command::Bundle(arguments) => bundle::run(&arguments, ledger),
        Command::VerifyYear(arguments) => bundle::verify(&arguments),
        Command::Fsck(arguments) => fsck::run(&arguments, ledger),
        Command::SelfCheck(arguments) => self_check::run(&arguments, ledger),
        Command::Compress => compress::run(ledger),
        Command::Copy(arguments) => copy::run(&arguments),
        Command::Hammer(arguments) => hammer::run(&arguments, ledger),
        Command::Schema(arguments) => schema::run(&arguments),
    }
}
