// Tables of kernels: one for each instruction set that a unit is compiled for, named KIND_ISA.
#pragma once

#include <string>

#define SONANT_JOIN_(a, b) a##b
#define SONANT_JOIN(a, b) SONANT_JOIN_(a, b)
#define SONANT_TEXT_(a) #a
#define SONANT_TEXT(a) SONANT_TEXT_(a)

// Declares what was compiled for work that makes no use of the instructions for int8 and bf16, and
// KIND_for(isa): the one for the instruction set of an engine, or for the largest part of it.
// Raises as `find_kernels`, whose header must be there.
#if defined(SONANT_X86)
#define SONANT_TABLES(Table, kind)                                        \
    extern const Table SONANT_JOIN(kind, _avx512);                        \
    extern const Table SONANT_JOIN(kind, _avx2);                          \
    extern const Table SONANT_JOIN(kind, _portable);                      \
    inline const Table& SONANT_JOIN(kind, _for)(const std::string& isa) { \
        const std::string chosen = find_kernels(isa).isa;                 \
        if (chosen == "avx2") return SONANT_JOIN(kind, _avx2);            \
        if (chosen != "portable") return SONANT_JOIN(kind, _avx512);      \
        return SONANT_JOIN(kind, _portable);                              \
    }
#else
#define SONANT_TABLES(Table, kind)                                        \
    extern const Table SONANT_JOIN(kind, _portable);                      \
    inline const Table& SONANT_JOIN(kind, _for)(const std::string& isa) { \
        find_kernels(isa);                                                \
        return SONANT_JOIN(kind, _portable);                              \
    }
#endif
