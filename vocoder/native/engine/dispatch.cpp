#include "dispatch.h"

#include <stdexcept>

namespace sonant {

#if defined(SONANT_BF16_EMULATED)
extern const Kernels kernels_avx512bf16emulated;
#endif
#if defined(SONANT_BF16)
extern const Kernels kernels_avx512bf16;
#endif
#if defined(SONANT_X86)
extern const Kernels kernels_avx512vnni;
extern const Kernels kernels_avx512;
extern const Kernels kernels_avx2;
#endif
extern const Kernels kernels_portable;

#if defined(SONANT_BF16)
namespace {

bool has_bf16() {
#if defined(SONANT_BF16_ASSUMED)
    return true;
#else
    return __builtin_cpu_supports("avx512bf16");
#endif
}

}  // namespace
#endif

std::vector<const Kernels*> available_kernels() {
    std::vector<const Kernels*> found;
#if defined(SONANT_X86)
    // These also ask whether the operating system saves the wide registers.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("fma")) {
        const bool vnni = __builtin_cpu_supports("avx512vnni");
        if (vnni) found.push_back(&kernels_avx512vnni);
        found.push_back(&kernels_avx512);
#if defined(SONANT_BF16)
        // Intel's take four times as long for a pair as for a fused multiply-add: there it is to be
        // had by name only (docs/experiments/bf16-instruction.md).
        if (vnni && has_bf16())
            found.insert(__builtin_cpu_is("intel") ? found.end() : found.begin(),
                         &kernels_avx512bf16);
#endif
#if defined(SONANT_BF16_EMULATED)
        if (vnni)
            found.insert(found.begin(),
                         &kernels_avx512bf16emulated);  // so that tests that name none take it
#endif
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found.push_back(&kernels_avx2);
#endif
    found.push_back(&kernels_portable);
    return found;
}

const Kernels& find_kernels(const std::string& isa) {
    std::string known;
    for (const Kernels* kernels : available_kernels()) {
        if (isa == "auto" || isa == kernels->isa) return *kernels;
        known += std::string(known.empty() ? "" : ", ") + kernels->isa;
    }
    throw std::invalid_argument("this processor does not offer instruction set '" + isa +
                                "': it has " + known);
}

}  // namespace sonant
