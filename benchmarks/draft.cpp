// The yardstick: cached generation written down straight away, one stream, nothing blocked over
// time or streams, nothing kept but the rings.
//
// Weights are [input][output], so that each input is broadcast against the outputs, which the
// compiler keeps in registers; the skips are one product over the gates of all blocks. Random
// weights: only speed is of interest. Compiled and timed by draft.py.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>
#ifdef __AVX512VNNI__
#include <immintrin.h>
#endif

namespace {

constexpr int L = 20, R = 64, G = 128, H = G / 2, S = 256, A = 256, CYCLE = 10;
constexpr int TILE = 128;  // outputs that are summed up at once: eight registers of sixteen

struct Fp32 {
    using Weight = float;
    static float value(float w) { return w; }
};

struct Bf16 {
    using Weight = uint16_t;
    static float value(uint16_t w) {
        const uint32_t bits = uint32_t(w) << 16;
        float x;
        memcpy(&x, &bits, 4);
        return x;
    }
};

// Weights times inputs, added to y.
template <class P, int IN, int OUT>
struct Product {
    std::vector<typename P::Weight> w = std::vector<typename P::Weight>(IN * OUT);

    explicit Product(std::mt19937& random) {
        std::normal_distribution<float> normal(0.0f, 1.0f / std::sqrt(float(IN)));
        for (auto& one : w) {
            const float x = normal(random);
            if constexpr (sizeof(one) == 4)
                one = x;
            else
                memcpy(&one, reinterpret_cast<const char*>(&x) + 2, 2);
        }
    }

    void add(const float* __restrict x, float* __restrict y) const {
        constexpr int tile = OUT < TILE ? OUT : TILE;
        for (int first = 0; first < OUT; first += tile) {
            float sum[tile];
            memcpy(sum, y + first, sizeof sum);
            for (int i = 0; i < IN; ++i)
                for (int o = 0; o < tile; ++o) sum[o] += x[i] * P::value(w[i * OUT + first + o]);
            memcpy(y + first, sum, sizeof sum);
        }
    }
};

#ifdef __AVX512VNNI__
// Bytes, [input / 4][output][4]; one scale for all inputs, one per output for the weights.
struct Int8 {};

template <int IN, int OUT>
struct Product<Int8, IN, OUT> {
    std::vector<int8_t> w = std::vector<int8_t>(IN * OUT);
    std::vector<int32_t> offset = std::vector<int32_t>(OUT);
    std::vector<float> scale =
        std::vector<float>(OUT, 1.0f / (127 * 127 * std::sqrt(float(IN)) / 3));

    explicit Product(std::mt19937& random) {
        std::uniform_int_distribution<int> uniform(-127, 127);
        for (auto& one : w) one = int8_t(uniform(random));
        for (int i = 0; i < IN; ++i)
            for (int o = 0; o < OUT; ++o) offset[o] -= 128 * w[(i / 4 * OUT + o) * 4 + i % 4];
    }

    void add(const float* __restrict x, float* __restrict y) const {
        alignas(64) uint8_t bytes[IN];
        for (int i = 0; i < IN; ++i)
            bytes[i] = uint8_t(int(std::fmin(std::fmax(x[i], -1.0f), 1.0f) * 127.0f + 128.5f));
        constexpr int tile = OUT < TILE ? OUT : TILE;
        for (int first = 0; first < OUT; first += tile) {
            __m512i sum[tile / 16];
            for (int v = 0; v < tile / 16; ++v)
                sum[v] = _mm512_loadu_si512(&offset[first + 16 * v]);
            for (int i = 0; i < IN; i += 4) {
                int four;
                memcpy(&four, bytes + i, 4);
                for (int v = 0; v < tile / 16; ++v)
                    sum[v] =
                        _mm512_dpbusd_epi32(sum[v], _mm512_set1_epi32(four),
                                            _mm512_loadu_si512(&w[i * OUT + (first + 16 * v) * 4]));
            }
            for (int v = 0; v < tile / 16; ++v) {
                float* to = y + first + 16 * v;
                _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[v]),
                                                     _mm512_loadu_ps(&scale[first + 16 * v]),
                                                     _mm512_loadu_ps(to)));
            }
        }
    }
};
#endif

template <class P>
struct Block {
    Product<P, R, G> older, newer;
    Product<P, H, R> residual;
    std::vector<float> added = std::vector<float>(G, 0.1f), ring;
    int dilation;

    Block(std::mt19937& random, int d)
        : older(random), newer(random), residual(random), ring(size_t(d) * R), dilation(d) {}
};

template <class P>
float generate(int num_samples) {
    std::mt19937 random(0);
    std::vector<Block<P>> blocks;
    for (int l = 0; l < L; ++l) blocks.emplace_back(random, 1 << l % CYCLE);
    const Product<P, L * H, S> skip(random);
    const Product<P, S, S> inner(random);
    const Product<P, S, A> outer(random);
    std::vector<float> embedding(2 * A * R);
    for (auto& one : embedding) one = std::normal_distribution<float>()(random);
    float gates[L * H], out[S], hidden[S], logits[A];
    int code = A / 2, before = A / 2;
    float checksum = 0.0f;
    for (int t = 0; t < num_samples; ++t) {
        float x[R];
        for (int r = 0; r < R; ++r)
            x[r] = embedding[before * R + r] + embedding[(A + code) * R + r];
        for (int l = 0; l < L; ++l) {
            Block<P>& block = blocks[l];
            float gate[G];
            memcpy(gate, block.added.data(), sizeof gate);
            float* ring = &block.ring[size_t(t % block.dilation) * R];
            block.older.add(ring, gate);
            block.newer.add(x, gate);
            memcpy(ring, x, sizeof x);
            float* gated = gates + l * H;
            for (int h = 0; h < H; ++h)
                gated[h] = std::tanh(gate[h]) / (1.0f + std::exp(-gate[H + h]));
            block.residual.add(gated, x);
        }
        memset(out, 0, sizeof out);
        skip.add(gates, out);
        for (float& one : out) one = std::fmax(one, 0.0f);
        memset(hidden, 0, sizeof hidden);
        inner.add(out, hidden);
        for (float& one : hidden) one = std::fmax(one, 0.0f);
        memset(logits, 0, sizeof logits);
        outer.add(hidden, logits);
        float most = logits[0], sum = 0.0f;
        for (float one : logits) most = std::fmax(most, one);
        for (float& one : logits) sum += one = std::exp(one - most);
        float left = sum * (float(random()) * 0x1p-32f);
        before = code;
        for (code = 0; code < A - 1 && (left -= logits[code]) > 0.0f; ++code) {
        }
        checksum += float(code);
    }
    return checksum;
}

}  // namespace

// The sum of the codes, so that nothing can be left out; below 0 where this build has no such
// precision.
extern "C" float draft(const char* precision, int num_samples) {
    if (!strcmp(precision, "fp32")) return generate<Fp32>(num_samples);
    if (!strcmp(precision, "bf16")) return generate<Bf16>(num_samples);
#ifdef __AVX512VNNI__
    if (!strcmp(precision, "int8")) return generate<Int8>(num_samples);
#endif
    return -1.0f;
}
