// Philox 4x32-10 (Salmon et al., SC 2011, section 3.3): randomness as a function of (key, counter).
// The same as vocoder/engine/philox.py.
#pragma once

#include <cstdint>

namespace sonant {
namespace {  // internal linkage: this header is compiled for several instruction sets, and the
             // linker must not merge them

struct Words {
    uint32_t at[4];
};

inline Words philox4x32(Words counter, uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        const uint64_t product0 = uint64_t(0xD2511F53u) * counter.at[0];
        const uint64_t product1 = uint64_t(0xCD9E8D57u) * counter.at[2];
        counter = {{uint32_t(product1 >> 32) ^ counter.at[1] ^ key0, uint32_t(product1),
                    uint32_t(product0 >> 32) ^ counter.at[3] ^ key1, uint32_t(product0)}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

// The random words of one sample of a stream.
inline Words random_words(uint64_t seed, uint64_t sample) {
    return philox4x32({{uint32_t(sample), uint32_t(sample >> 32), 0u, 0u}}, uint32_t(seed),
                      uint32_t(seed >> 32));
}

// Uniform in the open interval 0..1, exact in a double.
inline double uniform(uint32_t word) { return double(word >> 8) * 0x1p-24 + 0x1p-25; }

}  // namespace
}  // namespace sonant
