//! The parts of RFC 3161 that a time-stamp's keeper needs: a request over a SHA-256, and what an answer says.
//!
//! Knows DER, no file and no clock. The authority's signature and its certificates are passed over: see `docs/witness.md`.

use chain::Instant;
use der::asn1::{Any, Null, ObjectIdentifier, OctetString, Uint};
use der::{Decode as _, Encode as _, Sequence, Tag, Tagged as _};

const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// `AlgorithmIdentifier` (RFC 5280 §4.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct Algorithm {
    algorithm: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<Any>,
}

/// `MessageImprint` (RFC 3161 §2.4.1).
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct Imprint {
    algorithm: Algorithm,
    digest: OctetString,
}

/// `TimeStampReq` (RFC 3161 §2.4.1).
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct TimeStampReq {
    version: u8,
    imprint: Imprint,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<Uint>,
    #[asn1(default = "Default::default")]
    cert_req: bool,
}

/// `ContentInfo` and `EncapsulatedContentInfo` (RFC 5652 §3, §5.2): a type and, in `[0]`, what is of it.
#[derive(Clone, Debug, Sequence)]
struct Content {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: Any,
}

/// A structure of which only some members are read.
type Members = Vec<Any>;

/// Why bytes are no usable time-stamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAStamp {
    /// No DER of this structure.
    #[error("不是{0}（RFC 3161，DER）")]
    Format(&'static str),
    /// The authority said no.
    #[error("时间戳服务没有签发（状态 {0}）")]
    NotGranted(u8),
    /// The imprint is of another algorithm.
    #[error("时间戳的摘要算法不是 SHA-256")]
    Algorithm,
}

/// A request for a time-stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The SHA-256 of what is to be stamped.
    pub imprint: [u8; 32],
    /// A number that the answer must repeat, big-endian without leading zeros.
    pub nonce: Option<Vec<u8>>,
}

impl Request {
    /// The request's DER; it asks for the authority's certificate in the answer.
    ///
    /// # Errors
    /// When the nonce is longer than any DER.
    pub fn to_der(&self) -> der::Result<Vec<u8>> {
        let algorithm = Algorithm { algorithm: SHA_256, parameters: Some(Any::from(Null)) };
        let request = TimeStampReq {
            version: 1,
            imprint: Imprint { algorithm, digest: OctetString::new(self.imprint)? },
            policy: None,
            nonce: self.nonce.as_deref().map(Uint::new).transpose()?,
            cert_req: true,
        };
        request.to_der()
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`NotAStamp`]: no request, or of another algorithm.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAStamp> {
        let request = TimeStampReq::from_der(bytes).map_err(|_| NotAStamp::Format("时间戳请求"))?;
        let nonce = request.nonce.map(|nonce| nonce.as_bytes().to_vec());
        Ok(Self { imprint: sha_256(&request.imprint)?, nonce })
    }
}

/// What an answer says. Nothing of it is proven here: the signature over it is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The SHA-256 that was stamped.
    pub imprint: [u8; 32],
    /// When, by the authority's clock, cut to microseconds.
    pub time: Instant,
    /// The nonce of the request, where the answer repeats one.
    pub nonce: Option<Vec<u8>>,
    /// The authority's policy.
    pub policy: String,
}

impl Stamp {
    /// Reads an answer (`TimeStampResp`) that was granted.
    ///
    /// # Errors
    /// [`NotAStamp`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAStamp> {
        const ANSWER: NotAStamp = NotAStamp::Format("时间戳回执");
        let answer = Members::from_der(bytes).map_err(|_| ANSWER)?;
        let status = answer.first().and_then(status).ok_or(ANSWER)?;
        // granted, and granted with modifications
        if status > 1 {
            return Err(NotAStamp::NotGranted(status));
        }
        let info = answer.get(1).and_then(info).ok_or(ANSWER)?;
        let [_version, policy, imprint, _serial, time, others @ ..] = info.as_slice() else {
            return Err(ANSWER);
        };
        let imprint = imprint.decode_as::<Imprint>().map_err(|_| ANSWER)?;
        let policy = policy.decode_as::<ObjectIdentifier>().map_err(|_| ANSWER)?.to_string();
        // Behind the time stand accuracy, ordering, nonce, tsa, extensions, each or none: only the nonce is an integer.
        let nonce = others.iter().find(|member| member.tag() == Tag::Integer);
        let nonce = nonce.map(|nonce| Ok(nonce.decode_as::<Uint>().map_err(|_| ANSWER)?.as_bytes().to_vec()));
        let time = generalized_time(time).ok_or(ANSWER)?;
        Ok(Self { imprint: sha_256(&imprint)?, time, nonce: nonce.transpose()?, policy })
    }
}

/// The status in `PKIStatusInfo`, its first member.
fn status(info: &Any) -> Option<u8> {
    info.decode_as::<Members>().ok()?.first()?.decode_as().ok()
}

/// The members of `TSTInfo`, in the signed data of the token.
fn info(token: &Any) -> Option<Members> {
    let token: Content = token.decode_as().ok()?;
    let signed: Members = Some(token).filter(|token| token.kind == SIGNED_DATA)?.value.decode_as().ok()?;
    // version, digest algorithms, what is signed
    let content: Content = signed.get(2)?.decode_as().ok()?;
    let info: OctetString =
        Some(content).filter(|content| content.kind == TST_INFO)?.value.decode_as().ok()?;
    Members::from_der(info.as_bytes()).ok()
}

fn sha_256(imprint: &Imprint) -> Result<[u8; 32], NotAStamp> {
    let digest = (imprint.algorithm.algorithm == SHA_256).then(|| imprint.digest.as_bytes().try_into().ok());
    digest.flatten().ok_or(NotAStamp::Algorithm)
}

/// `YYYYMMDDhhmmss[.f…]Z`; RFC 3161 allows a fraction where RFC 5280 does not.
fn generalized_time(member: &Any) -> Option<Instant> {
    let text = Some(member).filter(|member| member.tag() == Tag::GeneralizedTime)?.value();
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.len() != 14 || !digits(seconds) || !digits(fraction) {
        return None;
    }
    let part = |from: usize, to: usize| &seconds[from..to];
    let fraction = format!("{fraction:0<6}");
    let (date, time) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    format!("{}T{}.{}Z", date.join("-"), time.join(":"), &fraction[..6]).parse().ok()
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        for nonce in [None, Some(vec![0x80, 1, 2]), Some(vec![7])] {
            let request = Request { imprint: [9; 32], nonce };
            let bytes = request.to_der().unwrap();
            assert_eq!(Request::parse(&bytes).unwrap(), request);
            let longer = [bytes.as_slice(), b"\0"].concat();
            assert!(Request::parse(&longer).is_err() && Request::parse(&bytes[1..]).is_err());
        }
    }

    #[test]
    fn an_authoritys_time_may_have_a_fraction() {
        let time = |text: &str| generalized_time(&Any::new(Tag::GeneralizedTime, text.as_bytes()).unwrap());
        for (text, instant) in [
            ("20221231235959Z", Some("2022-12-31T23:59:59.000000Z")),
            ("20221231235959.5Z", Some("2022-12-31T23:59:59.500000Z")),
            ("20221231235959.123456789Z", Some("2022-12-31T23:59:59.123456Z")),
            ("20221331235959Z", None),
            ("20221231235959", None),
            ("202212312359Z", None),
            ("20221231235959.Z", None),
            ("+0221231235959Z", None),
        ] {
            assert_eq!(time(text), instant.map(|instant| instant.parse().unwrap()), "{text}");
        }
        assert_eq!(generalized_time(&Any::new(Tag::Utf8String, *b"20221231235959Z").unwrap()), None);
    }

    /// What `openssl ts -reply` answered to a request over the text `a signed head`.
    const GRANTED: &[u8] = include_bytes!("../../../tests/data/granted.tsr");

    #[test]
    fn an_authoritys_answer_says_what_was_stamped_and_when() {
        let stamp = Stamp::parse(GRANTED).unwrap();
        assert_eq!(stamp.imprint, <[u8; 32]>::from(sha2::Sha256::digest(b"a signed head")));
        assert_eq!(stamp.time, "2026-11-25T00:52:23.377000Z".parse().unwrap());
        assert_eq!(stamp.nonce, Some(0x5c08_5a31_598e_d391_u64.to_be_bytes().to_vec()));
        assert_eq!(stamp.policy, "1.3.6.1.4.1.99999.1");
    }

    #[test]
    fn a_cut_answer_is_refused_and_a_changed_one_is_read_without_harm() {
        for cut in 0..GRANTED.len() {
            assert_eq!(Stamp::parse(&GRANTED[..cut]), Err(NotAStamp::Format("时间戳回执")), "cut to {cut}");
        }
        let mut told_apart = 0;
        for at in 0..GRANTED.len() {
            let mut changed = GRANTED.to_vec();
            changed[at] ^= 0x41;
            told_apart += usize::from(Stamp::parse(&changed) != Stamp::parse(GRANTED));
        }
        // The rest is the authority's signature and certificates, which are passed over.
        assert!(told_apart > 100, "{told_apart}");
    }

    #[test]
    fn no_answer_is_read_into_noise() {
        assert_eq!(Stamp::parse(b""), Err(NotAStamp::Format("时间戳回执")));
        let refused = [0x30, 5, 0x30, 3, 2, 1, 2];
        assert_eq!(Stamp::parse(&refused), Err(NotAStamp::NotGranted(2)));
        let granted_without_a_token = [0x30, 5, 0x30, 3, 2, 1, 0];
        assert_eq!(Stamp::parse(&granted_without_a_token), Err(NotAStamp::Format("时间戳回执")));
    }
}
