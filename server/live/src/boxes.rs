//! Boxes of fragmented MP4 (ISO 14496-12, CMAF): how a stream begins, and a fragment of it.

use crate::{AudioConfig, TICKS, h264, opus};
use bytes::{BufMut, Bytes, BytesMut};
use mp4_atom::{
    Atom, Audio, Avc1, Avcc, Codec, Dinf, Dops, Dref, Encode, Esds, Ftyp, Hdlr, Mdhd, Mdia, Mfhd, Minf, Moof, Moov,
    Mp4a, Mvex, Mvhd, Opus, Stbl, Stsd, Tfdt, Tfhd, Tkhd, Traf, Trak, Trex, Trun, TrunEntry, TrunSamples, Url, Visual,
    esds,
};

const VIDEO: u32 = 1;
const AUDIO: u32 = 2;

/// How a stream begins.
pub struct Init {
    pub bytes: Bytes,
    /// As RFC 6381 names them, for the playlist.
    pub codecs: String,
    pub width: u16,
    pub height: u16,
}

fn track(id: u32, scale: u32, size: (u16, u16), codec: Codec) -> Trak {
    let video = id == VIDEO;
    Trak {
        tkhd: Tkhd {
            track_id: id,
            enabled: true,
            in_movie: true,
            width: size.0.into(),
            height: size.1.into(),
            volume: u8::from(!video).into(),
            ..Tkhd::default()
        },
        mdia: Mdia {
            mdhd: Mdhd { timescale: scale, language: "und".into(), ..Mdhd::default() },
            hdlr: Hdlr { handler: if video { b"vide" } else { b"soun" }.into(), name: "live".into() },
            minf: Minf {
                vmhd: video.then(Default::default),
                smhd: (!video).then(Default::default),
                dinf: Dinf { dref: Dref { entries: vec![Url { location: String::new() }.into()] } },
                stbl: Stbl { stsd: Stsd { codecs: vec![codec] }, stco: Some(Default::default()), ..Stbl::default() },
                ..Minf::default()
            },
        },
        ..Trak::default()
    }
}

fn sound(audio: &AudioConfig) -> Option<(Codec, String)> {
    let shape = Audio {
        data_reference_index: 1,
        channel_count: audio.channels,
        sample_size: 16,
        // What does not fit is said by the configuration of the codec.
        sample_rate: u16::try_from(audio.rate).unwrap_or(0).into(),
    };
    let config = match &audio.codec {
        crate::Codec::Aac(config) => config,
        crate::Codec::Opus => {
            let dops = Dops {
                output_channel_count: u8::try_from(audio.channels).ok()?,
                // What is joined in the middle has nothing at its beginning to be left out.
                pre_skip: 0,
                input_sample_rate: opus::RATE,
                output_gain: 0,
                channel_mapping: None,
            };
            return Some((Opus { audio: shape, dops, btrt: None }.into(), "opus".to_owned()));
        }
    };
    let (&[a, b], _) = config.split_first_chunk::<2>()?;
    let specific = esds::DecoderSpecific {
        profile: a >> 3,
        freq_index: (a & 7) << 1 | b >> 7,
        chan_conf: b >> 3 & 15,
        raw: config.to_vec(),
    };
    let es_desc = esds::EsDescriptor {
        es_id: 2,
        depends_on_es_id: None,
        url: None,
        ocr_es_id: None,
        stream_priority: 0,
        dec_config: esds::DecoderConfig {
            object_type_indication: 0x40,
            stream_type: 5,
            dec_specific: Some(specific),
            ..Default::default()
        },
        sl_config: esds::SLConfig {},
    };
    let codec = Mp4a { audio: shape, btrt: None, taic: None, esds: Esds { es_desc } };
    Some((codec.into(), format!("mp4a.40.{}", a >> 3)))
}

/// The beginning of a stream of pictures as `video` says (AVCDecoderConfigurationRecord), with or without sound. None when it says nothing that
/// can be shown.
pub fn init(video: &Bytes, audio: Option<&AudioConfig>) -> Option<Init> {
    let avcc = Avcc::decode_body(&mut video.clone()).ok()?;
    // Lengths of NAL units are four bytes everywhere here.
    let (&[_, profile, compatible, level, lengths], _) = video.split_first_chunk::<5>()?;
    if lengths & 3 != 3 {
        return None;
    }
    let (width, height) = h264::size(avcc.sequence_parameter_sets.first()?)?;
    let mut codecs = format!("avc1.{profile:02x}{compatible:02x}{level:02x}");
    let visual = Visual {
        data_reference_index: 1,
        width,
        height,
        horizresolution: 72.into(),
        vertresolution: 72.into(),
        frame_count: 1,
        compressor: "".into(),
        depth: 24,
    };
    let picture = Avc1 { visual, avcc, btrt: None, colr: None, pasp: None, taic: None, fiel: None, spatial: None };
    let mut traks = vec![track(VIDEO, u32::try_from(TICKS).ok()?, (width, height), picture.into())];
    let extends = |id| Trex { track_id: id, default_sample_description_index: 1, ..Trex::default() };
    let mut trex = vec![extends(VIDEO)];
    if let Some(audio) = audio {
        let (codec, name) = sound(audio)?;
        codecs.push(',');
        codecs.push_str(&name);
        traks.push(track(AUDIO, audio.rate, (0, 0), codec));
        trex.push(extends(AUDIO));
    }
    let mut out = BytesMut::new();
    let brands = vec![b"iso6".into(), b"cmfc".into(), b"mp41".into()];
    Ftyp { major_brand: b"iso6".into(), minor_version: 0, compatible_brands: brands }.encode(&mut out).ok()?;
    let mvhd = Mvhd { timescale: 1000, rate: 1.into(), volume: 1.into(), next_track_id: 3, ..Mvhd::default() };
    Moov { mvhd, mvex: Some(Mvex { mehd: None, trex }), trak: traks, ..Moov::default() }.encode(&mut out).ok()?;
    Some(Init { bytes: out.freeze(), codecs, width, height })
}

/// A picture or a piece of sound; times in ticks of its own clock.
#[derive(Clone, Debug)]
pub struct Sample {
    pub at: i64,
    pub lasts: u32,
    pub shift: i32,
    pub key: bool,
    pub data: Bytes,
}

fn run(id: u32, samples: &[Sample], offset: i32) -> Option<Traf> {
    let video = id == VIDEO;
    let entries = samples.iter().map(|s| {
        Some(TrunEntry {
            duration: Some(s.lasts),
            size: Some(u32::try_from(s.data.len()).ok()?),
            // Depends on nothing, or on others and is no place to begin.
            flags: Some(if !video || s.key { 0x0200_0000 } else { 0x0101_0000 }),
            cts: video.then_some(s.shift.into()),
        })
    });
    Some(Traf {
        tfhd: Tfhd { track_id: id, default_base_is_moof: true, ..Tfhd::default() },
        tfdt: Some(Tfdt { base_media_decode_time: u64::try_from(samples.first()?.at.max(0)).ok()? }),
        trun: vec![Trun { data_offset: Some(offset), samples: TrunSamples::Explicit(entries.collect::<Option<_>>()?) }],
        ..Traf::default()
    })
}

/// A fragment, numbered from 1. None when it would be larger than a box may be.
pub fn fragment(number: u32, video: &[Sample], audio: &[Sample]) -> Option<Bytes> {
    let size = |samples: &[Sample]| samples.iter().map(|s| s.data.len()).sum::<usize>();
    let (pictures, sounds) = (size(video), size(audio));
    let moof = |base: i32| {
        let mut traf = Vec::with_capacity(2);
        if !video.is_empty() {
            traf.push(run(VIDEO, video, base)?);
        }
        if !audio.is_empty() {
            traf.push(run(AUDIO, audio, base.checked_add(i32::try_from(pictures).ok()?)?)?);
        }
        Some(Moof { mfhd: Mfhd { sequence_number: number }, traf })
    };
    let mut out = BytesMut::with_capacity(pictures + sounds + 4096);
    // Once to learn how long it is: the samples are counted from its beginning.
    moof(0)?.encode(&mut out).ok()?;
    let base = i32::try_from(out.len()).ok()?.checked_add(8)?;
    out.clear();
    moof(base)?.encode(&mut out).ok()?;
    out.put_u32(u32::try_from(pictures + sounds + 8).ok()?);
    out.put_slice(b"mdat");
    for sample in video.iter().chain(audio) {
        out.put_slice(&sample.data);
    }
    Some(out.freeze())
}
