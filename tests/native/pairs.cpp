// AVX512_BF16: its definition (vocoder/native/engine/pairs.h) beside the processor's own
// arithmetic, and where the processor has the instructions beside these, whether or not CPUID tells
// of them: bit for bit, of numbers of any kind. Then what a network says with either. `make bf16`.
#include <immintrin.h>
#include <setjmp.h>
#include <signal.h>

#include <cstdio>
#include <cstring>
#include <random>

#define SONANT_EMULATE_BF16
#include "dispatch.h"
#include "pairs.h"
#include "small_network.h"

namespace sonant {
extern const Kernels kernels_avx512bf16;
extern const Kernels kernels_avx512bf16emulated;
}  // namespace sonant

using namespace sonant;

namespace {

constexpr long kRounds = 2'000'000;  // of 16 lanes

struct Lanes {
    uint32_t sum[16], a[16], b[16];
};

struct Results {
    uint32_t sum[16];
    uint16_t halves[16];
};

// Random bits, with exponents where something happens: any, ordinary, about the smallest normal
// number, about the largest.
class Numbers {
  public:
    Lanes next() {
        const int kind = int(round_++ % 6);
        static const int of_sum[6][2] = {{0, 255}, {115, 140}, {0, 4}, {1, 1}, {245, 255}, {0, 30}};
        static const int of_pair[6][2] = {{0, 255}, {118, 135}, {55, 75},
                                          {40, 70}, {180, 200}, {0, 80}};
        Lanes lanes;
        for (int k = 0; k < 16; ++k) {
            lanes.sum[k] = number(of_sum[kind]);
            if (kind == 3)
                lanes.sum[k] &= 0xff80000f;  // a handful of units above the smallest: what rounds
                                             // to it, and what does not
            for (uint32_t* pair : {lanes.a, lanes.b}) {
                pair[k] = (number(of_pair[kind]) & 0xffff0000) | number(of_pair[kind]) >> 16;
                if (kind == 3) pair[k] &= 0xff81ff81;
            }
        }
        return lanes;
    }

  private:
    std::mt19937 random_{1};
    long round_ = 0;
    uint32_t number(const int* exponents) {
        const uint32_t exponent =
            uint32_t(exponents[0]) + random_() % uint32_t(exponents[1] - exponents[0] + 1);
        return (uint32_t(random_()) & 0x807fffff) | exponent << 23;
    }
};

Integers integers(const uint32_t* from) { return load_integers(from); }

void by_definition(const Lanes& lanes, Results& out) {
    Vector sums = (Vector)integers(lanes.sum);
    for (int k = 0; k < 16;
         ++k) {  // each lane's own pair, which the engine has for all lanes at once
        const Vector one =
            dot_pair(sums, reinterpret_cast<const uint8_t*>(lanes.a + k), integers(lanes.b));
        memcpy(out.sum + k, reinterpret_cast<const float*>(&one) + k, 4);
    }
    store_halves(reinterpret_cast<uint8_t*>(out.halves), sums);
}

float floats(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// One step of the chain in the processor's scalar arithmetic, told to flush; out of line, between
// two writes of the control register.
__attribute__((noinline)) __m128 scalar_step(float a, float b, __m128 sum) {
    return _mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), sum);
}

void by_scalar(const Lanes& lanes, Results& out) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(0x1f80 | 0x8000 |
               0x0040);  // flush to zero, denormals are zero, nearest even, no exceptions
    for (int k = 0; k < 16; ++k) {
        __m128 sum = _mm_set_ss(floats(lanes.sum[k]));
        sum = scalar_step(floats(lanes.a[k] & 0xffff0000), floats(lanes.b[k] & 0xffff0000), sum);
        sum = scalar_step(floats(lanes.a[k] << 16), floats(lanes.b[k] << 16), sum);
        _mm_store_ss(reinterpret_cast<float*>(out.sum + k), sum);
    }
    _mm_setcsr(before);
    for (int k = 0; k < 16; ++k) {
        const uint32_t bits = lanes.sum[k], magnitude = bits & 0x7fffffff;
        const uint32_t below = bits >> 16, rest = bits & 0xffff;
        const bool up = rest > 0x8000 || (rest == 0x8000 && (below & 1));
        out.halves[k] = uint16_t(magnitude < 0x00800000   ? below & 0x8000
                                 : magnitude > 0x7f800000 ? below | 0x40
                                                          : below + up);
    }
}

__attribute__((noinline, target("avx512bf16"))) void by_instruction(const Lanes& lanes,
                                                                    Results& out) {
    const __m512 sums = _mm512_loadu_ps(lanes.sum);
    _mm512_storeu_ps(out.sum, _mm512_dpbf16_ps(sums, (__m512bh)_mm512_loadu_si512(lanes.a),
                                               (__m512bh)_mm512_loadu_si512(lanes.b)));
    const __m256i halves = (__m256i)_mm512_cvtneps_pbh(sums);
    memcpy(out.halves, &halves, sizeof halves);
}

bool same_number(uint32_t a, uint32_t b) {
    return a == b || ((a & 0x7fffffff) > 0x7f800000 && (b & 0x7fffffff) > 0x7f800000);
}

long differing(void (*other)(const Lanes&, Results&)) {
    Numbers numbers;
    long found = 0;
    for (long round = 0; round < kRounds; ++round) {
        const Lanes lanes = numbers.next();
        Results expected, given;
        by_definition(lanes, expected);
        other(lanes, given);
        for (int k = 0; k < 16; ++k)
            found += !same_number(expected.sum[k], given.sum[k]) ||
                     expected.halves[k] != given.halves[k];
    }
    return found;
}

sigjmp_buf undefined_instruction;
void leave(int) { siglongjmp(undefined_instruction, 1); }

bool has_instruction() {
    signal(SIGILL, leave);
    const bool has = sigsetjmp(undefined_instruction, 1) == 0;
    if (has) {
        Results out;
        by_instruction(Numbers().next(), out);
    }
    signal(SIGILL, SIG_DFL);
    return has;
}

Work work_of(const Kernels& kernels) {
    const Shape shape = small_shape();
    const SmallWeights weights(shape);
    const PackedNetwork network(shape, weights.plain(), kernels, Precision::bf16, 1);
    Work work(network.model());
    std::vector<Stream> streams = work.streams();
    network.generate(streams);
    return work;
}

}  // namespace

int main() {
    const long scalar = differing(by_scalar);
    std::printf("%ld of %ld lanes: the definition differs from the processor's scalar arithmetic\n",
                scalar, 16 * kRounds);
    if (!has_instruction()) {
        std::printf(
            "this processor has no AVX512_BF16: the definition was not compared with the "
            "instructions\n");
        return scalar ? 1 : 0;
    }
    const long instruction = differing(by_instruction);
    std::printf("%ld of %ld lanes: the definition differs from the instructions\n", instruction,
                16 * kRounds);
    const Work defined = work_of(kernels_avx512bf16emulated),
               instructed = work_of(kernels_avx512bf16);
    const bool same = defined.codes == instructed.codes && defined.rings == instructed.rings;
    std::printf("a network says %s with either\n", same ? "the same" : "something else");
    return scalar || instruction || !same;
}
