// The network as the kernels see it: shapes, packed weights, and one stream's work. Plain data
// only, for this header is compiled for several instruction sets and must not bring in code that
// the linker could merge across them.
//
// L layers, K taps, R residual, G gate, H = G / 2 gated, S skip, A head, Q levels, O output
// parameters, H predictions, P prediction order. A name ending in _padded is that number rounded up
// to whole vectors, in bf16 to pairs of them where two share a lane.
#pragma once

#include <cstdint>

namespace sonant {

enum class Output { softmax, logistic_mixture, gaussian };

// How many samples ahead the older taps of a block are computed at most.
constexpr int kRun = 8;
// Vectors side by side in a panel of a packed matrix.
constexpr int kPanel = 8;

// How weights are stored, and what their products are made with:
//   fp32   32-bit floats
//   bf16   16-bit floats, two vectors of outputs side by side in one: the upper half of each lane
//   is a weight of the first, the lower half one of
//          the second. Read as a 32-bit float the lane is the first weight itself, for its rounding
//          took the lower half into account. Which two share a lane follows from the width of a
//          vector: engines of other widths differ by that much. Where there are instructions for
//          bf16 (`Kernels::pairs`) two inputs share a lane instead: the lower half is the weight of
//          the first, the upper half that of the second, each the nearest; inputs are rounded to
//          bf16 as well, sums are 32-bit floats
//   int8   8-bit integers with one scale per output; inputs are rounded to 8 bits as well, sums are
//   exact in 32 bits
enum class Precision { fp32, bf16, int8 };
constexpr int kPrecisions = 3;

// A product [inputs] x [inputs][outputs], packed in panels of at most kPanel vectors: each panel is
// [inputs][its width], so that it is read straight through. In int8 four inputs lie side by side,
// [inputs / 4][width][4], and in pairs of bf16 two.
struct Matrix {
    int inputs;
    int outputs_padded;
    const void* data;
    const float* scales;   // int8: [outputs_padded], what an integer stands for
    const int32_t* begin;  // int8: [outputs_padded], what the sums begin with: where inputs of 0
                           // are bytes of 128, -128 times the sum of the weights
};

// One row of a product: output = begin + add + input x matrix.
struct Row {
    const float* floats;     // the input
    const uint8_t* rounded;  // what it was rounded to. int8: bytes, of which one stands for
                             // `scale`; an input that can be below 0 has 0 at 128
    float scale;             //   pairs of bf16: two bytes for each, nothing is scaled
    const float *begin, *add;
    float* output;
};

struct Block {
    int dilation;
    int run;  // samples computed ahead by the older taps: a power of two, at most the dilation and
              // kRun
    int64_t ring_rows;  // (K-1) d
    int64_t ring_mask;  // ring_rows - 1 where that is a power of two, else -1
    int64_t ring_offset;
    const Matrix* older;  // [K-1], oldest first; R -> [tanh H_padded | sigmoid H_padded]
    Matrix newest;        // the same for the tap of the current sample
    Matrix residual;      // H -> R; not for the last block
    const float* residual_bias;
};

struct Model {
    int num_layers, kernel_size, residual, gated, skip, head, levels, outputs, mixtures;
    int predictions;       // H
    int prediction_order;  // P
    int max_lag;
    int history_length;  // codes that the input of the first block is computed from
    int residual_padded, gated_padded, skip_padded, head_padded, outputs_padded;
    int64_t hop_length;
    int64_t ring_size;
    Output output;
    const float* inputs;   // [1 + H][Q][R_padded]
    const double* values;  // [Q], the sample that each code stands for
    const double* edges;   // [Q - 1], where one code gives way to the next
    const Block* blocks;   // [L]
    Matrix skips;          // [L][H_padded] -> S: one product over the gates of all blocks
    Matrix head1, head2;
    const float *skip_bias, *head1_bias, *head2_bias;
    const float* zeros;  // as many as the widest row of a product
};

// One stream's part of a call.
struct Stream {
    float* rings;
    uint64_t seed;
    int32_t* history;  // [history_length], the code of time t at t mod its length
    int64_t position;
    const float* conditioning;  // [F][L][G]
    const float* coefficients;  // [F][P]
    const int32_t* lags;        // [F]
    const float* temperatures;  // [F]
    int64_t first_frame;
    int64_t num_samples;
    int64_t* codes;  // [num_samples], written unless forced
    float* outputs;  // [num_samples][O], or null
    bool forced;

    // Scratch, aligned to whole vectors.
    double* past;  // [2 history_length], values of the last codes twice over: the latest, and those
                   // before it, lie in a row
    int64_t previous;        // the last code
    int64_t frame;           // whose conditioning lies in `added`, or -1
    float* added;            // [L][2 H_padded]
    float* ahead;            // [L][kRun][2 H_padded]: what the older taps give
    float* x;                // [R_padded]
    float* pre;              // [2 H_padded]
    float* gates;            // [L][H_padded], where they are not rounded
    float* skip_sum;         // [S_padded]
    float* hidden;           // [A_padded]
    float* distribution;     // [O_padded]
    float* probabilities;    // [O_padded]
    float* nonzero;          // [max(S, A)], what a rectifier lets pass
    int* nonzero_at;         // [max(S, A)], and where
    uint8_t* rounded_x;      // int8: [R_padded], and so on; pairs of bf16: twice as many bytes
    uint8_t* rounded_gates;  // [L][H_padded]
    uint8_t* past_rounded;   // [kRun][R_padded]
    float* past_floats;      // [R_padded], one row of them
    uint8_t* rounded_after;  // [max(S, A)_padded]
};

// What one instruction set offers.
struct Kernels {
    const char* isa;
    int width;   // floats in a vector
    bool pairs;  // in bf16, inputs go in pairs
    // Makes every stream's samples. `rows` has room for count * kRun.
    void (*generate[kPrecisions])(const Model& model, Stream* const* streams, int count, Row* rows);
    // The most multiply-adds that a core can make in registers, in the manner of each precision:
    // makes some number of them, and says how many.
    int64_t (*peak[kPrecisions])(int64_t rounds);
    // tanh(filter) * sigmoid(gate), elementwise over n floats, n a multiple of the width; for tests
    // of accuracy.
    void (*gate[kPrecisions])(const float* filter, const float* gate, float* out, int n);
    // Reads n floats from end to end, n a multiple of kPanel vectors, and returns a number that
    // depends on all: to measure what memory gives.
    float (*read_through)(const float* from, int64_t n);
    void (*exponential)(const float* x, float* out, int n);
};

}  // namespace sonant
