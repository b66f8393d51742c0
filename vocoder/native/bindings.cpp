// The Python module vocoder._native.

#include "bindings.h"

#include <cstdlib>
#include <memory>
#include <new>

namespace sonant {
namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

}  // namespace

void* scratch(std::size_t bytes) {
    thread_local std::unique_ptr<void, Free> memory;
    thread_local std::size_t size = 0;
    if (bytes > size) {
        size = 0;
        memory.reset(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
        if (!memory) throw std::bad_alloc();
        size = bytes;
    }
    return memory.get();
}

}  // namespace sonant

NB_MODULE(_native, m) {
    // Voices that are kept until the process ends are no leak.
    nanobind::set_leak_warnings(false);
    sonant::bind_engine(m);
    sonant::bind_frames(m);
    sonant::bind_layers(m);
}
