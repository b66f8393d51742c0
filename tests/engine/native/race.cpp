// Streams from several threads through one network and its pool, for the thread sanitizer: `make sanitize` builds and runs it. Everything
// that is made must be what one thread makes alone.
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "dispatch.h"
#include "packed_network.h"

using namespace sonant;

namespace {

struct Weights {
    std::mt19937 random{1};
    std::vector<std::vector<float>> kept;
    const float* make(std::size_t size) {
        std::normal_distribution<float> normal(0.0f, 0.2f);
        kept.emplace_back(size);
        for (float& value : kept.back()) value = normal(random);
        return kept.back().data();
    }
};

Shape shape() {
    Shape s{};
    s.dilations = {1, 2, 4, 8, 16};
    s.residual = 20;
    s.gated = 18;
    s.kernel_size = 2;
    s.skip = 33;
    s.head = 17;
    s.levels = s.outputs = 64;
    s.mixtures = 1;
    s.hop_length = 10;
    s.output = Output::softmax;
    s.prediction_order = 4;
    s.max_lag = 12;
    s.predictions = 2;
    s.history_length = 12;
    return s;
}

constexpr int kStreams = 9, kSamples = 60, kFrames = 7;

struct Work {
    std::vector<std::vector<float>> rings;
    std::vector<std::vector<int32_t>> histories;
    std::vector<std::vector<int64_t>> codes;
    std::vector<float> conditioning, coefficients, temperatures;
    std::vector<int32_t> lags;

    explicit Work(const Model& model)
        : rings(kStreams, std::vector<float>(model.ring_size)), histories(kStreams, std::vector<int32_t>(model.history_length, model.levels / 2)),
          codes(kStreams, std::vector<int64_t>(kSamples)), conditioning(std::size_t(kFrames) * model.num_layers * 2 * model.gated, 0.1f),
          coefficients(std::size_t(kFrames) * model.prediction_order, 0.2f), temperatures(kFrames, 1.0f), lags(kFrames, 5) {}

    std::vector<Stream> streams() {
        std::vector<Stream> found;
        for (int s = 0; s < kStreams; ++s) {
            Stream stream{};
            stream.rings = rings[s].data();
            stream.history = histories[s].data();
            stream.conditioning = conditioning.data();
            stream.coefficients = coefficients.data();
            stream.lags = lags.data();
            stream.temperatures = temperatures.data();
            stream.codes = codes[s].data();
            stream.seed = uint64_t(s);
            stream.num_samples = kSamples - s;
            found.push_back(stream);
        }
        return found;
    }
};

}  // namespace

int main() {
    const Shape s = shape();
    const int layers = int(s.dilations.size());
    Weights weights;
    std::vector<double> values, edges;
    for (int c = 0; c < s.levels; ++c) values.push_back(2.0 * c / (s.levels - 1) - 1.0);
    for (int c = 1; c < s.levels; ++c) edges.push_back((2.0 * c - 1.0) / (s.levels - 1) - 1.0);
    const PlainWeights plain{values.data(),
                             edges.data(),
                             weights.make(std::size_t(3) * s.levels * s.residual),
                             weights.make(std::size_t(layers) * s.kernel_size * s.residual * 2 * s.gated),
                             weights.make(std::size_t(layers - 1) * s.gated * s.residual),
                             weights.make(std::size_t(layers - 1) * s.residual),
                             weights.make(std::size_t(layers) * s.gated * s.skip),
                             weights.make(s.skip),
                             weights.make(std::size_t(s.skip) * s.head),
                             weights.make(s.head),
                             weights.make(std::size_t(s.head) * s.outputs),
                             weights.make(s.outputs)};
    int wrong = 0;
    for (const Kernels* kernels : available_kernels())
        for (Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
            const PackedNetwork alone(s, plain, *kernels, precision, 1), shared(s, plain, *kernels, precision, 3);
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
            for (const Work& work : found) wrong += work.codes != expected.codes || work.rings != expected.rings;
        }
    std::printf("%d of the calls differ\n", wrong);
    return wrong ? 1 : 0;
}
