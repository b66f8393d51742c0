// Streams from several threads through one network and its pool, for the thread sanitizer: `make
// sanitize` builds and runs it. Everything that is made must be what one thread makes alone.
#include <cstdio>
#include <thread>
#include <vector>

#include "dispatch.h"
#include "packed_network.h"
#include "small_network.h"

using namespace sonant;

int main() {
    const Shape s = small_shape();
    const SmallWeights weights(s);
    int wrong = 0;
    for (const Kernels* kernels : available_kernels())
        for (Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
            const PackedNetwork alone(s, weights.plain(), *kernels, precision, 1),
                shared(s, weights.plain(), *kernels, precision, 3);
            Work expected(alone.model());
            std::vector<Stream> streams = expected.streams();
            alone.generate(streams);
            std::vector<Work> found(4, Work(shared.model()));
            std::vector<std::thread> callers;
            for (Work& work : found)
                callers.emplace_back([&work, &shared] {
                    std::vector<Stream> mine = work.streams();
                    shared.generate(mine);
                });
            for (std::thread& caller : callers) caller.join();
            for (const Work& work : found)
                wrong += work.codes != expected.codes || work.rings != expected.rings;
        }
    std::printf("%d of the calls differ\n", wrong);
    return wrong ? 1 : 0;
}
