package dev.zonda.verify.network;

/// How tokens of a sequence see each other in one layer.
public sealed interface Attention
    permits HeadAttention,
        LatentAttention,
        GatedDelta,
        KimiDelta,
        StateSpace,
        NormedStateSpace,
        SelectiveScan,
        SideBySide,
        ShortConvolution,
        NoAttention {}
