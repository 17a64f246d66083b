# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Small and fast

How few parameters reach 99 %; how few bits each of them needs; the network without PyTorch, as a file for any
computer and as a few lines of NumPy; and how many digits it reads per second.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="10 Small and fast", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    import copy
    import time
    from dataclasses import replace

    import marimo as mo
    import numpy as np
    import onnxruntime
    import torch
    from numpy.lib.stride_tricks import sliding_window_view

    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import learn, watch
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.glyph import to_float
    from inkdigits.lab.frames import draw_frame
    from inkdigits.lab.lines import draw_lines
    from inkdigits.lab.pictures import pictures
    from inkdigits.models.build import build_network, count_parameters
    from inkdigits.training.evaluate import score_network
    from inkdigits.training.export import check_outputs_agree, convert_to_onnx
    from inkdigits.training.loop import create_state
    from inkdigits.training.recipes import RECIPES


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 10 Small and fast

    The first network of this course had 7,850 parameters and got nine in ten digits right. The networks in the news
    have a hundred million times as many. A cheque reader in 1995 had to fit into the memory of its time, as a reader
    in a watch or a toy must today. **How small can a network be and still be right 99 times in 100?**
    """)
    return


@app.cell(hide_code=True)
def _():
    _mlp, _softmax = count_parameters(build_network("mlp")), count_parameters(build_network("softmax"))
    _cnn = {width: count_parameters(build_network("cnn", width=width)) for width in (2, 4, 16)}
    assert (_softmax, _mlp) == (7_850, 15_910) and _cnn[4] < _softmax
    question(
        "The lecture's networks have 7,850 and 15,910 parameters and get about 92 and 96 % right when trained on all "
        "60,000 digits. Which has more parameters: these, or a network of five convolutions that reaches 99 %?",
        f"The convolutions can do with fewer: {_cnn[4]:,} when the first layer has 4 maps, {_cnn[2]:,} with 2, and "
        f"{_cnn[16]:,} with the usual 16. A convolution uses the same few weights everywhere in the picture. "
        "A dense layer has its own weight for every pixel, and most of them say the same.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## How few parameters?

    One knob makes this network narrow or wide: `width`, the number of maps in its first layer; the later layers have
    two, three and four times as many. Choose a width: where are the parameters?
    """)
    return


@app.cell
def _():
    chosen_width = mo.ui.slider(1, 20, value=4, label="width", show_value=True, debounce=True)
    chosen_width
    return (chosen_width,)


@app.cell
def _(chosen_width):
    _layers = dict(build_network("cnn", width=chosen_width.value).named_children())
    _counts = {name: count_parameters(layer) for name, layer in _layers.items() if count_parameters(layer)}
    table(["layer", *_counts, "all"], ["parameters", *(f"{n:,}" for n in (*_counts.values(), sum(_counts.values())))])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    We train three widths on 55,000 digits, three epochs each, and score them on the validation digits. This is the
    longest wait of the course.
    """)
    return


@app.cell
def _():
    parts = split(mnist.load("train"), "choosing")
    recipe = replace(RECIPES["standard"], epochs=3, augment="none", average=0.95)

    curves = {width: [] for width in (2, 4, 6)}

    def follow(width, recent):
        """Every 20 steps, add the mean of the last 20 losses to the curve."""

        def add(now):
            recent.append(now.loss.item())
            if now.step % 20 == 0:
                curves[width].append((now.step, sum(recent[-20:]) / 20))

        return add

    return curves, follow, parts, recipe


@app.cell
def _(curves, follow, parts, recipe):
    def learn_widths():
        networks = {}
        for width in curves:
            state = create_state(replace(recipe, width=width), parts, torch.device("cpu"))
            yield from learn(state, [follow(width, [])])
            networks[width] = state.eval_network.eval()
        return networks

    learning = watch(
        learn_widths(),
        lambda: draw_frame({f"width {width}": curve for width, curve in curves.items()}, "Three widths: loss"),
    )
    learning
    return (learning,)


@app.cell
def _(learning, parts):
    networks = learning.result()
    sizes = {width: count_parameters(network) for width, network in networks.items()}
    right = {width: score_network(network, parts.held_out).accuracy for width, network in networks.items()}

    assert sizes[4] < 6_000 and right[4] > 0.985
    assert sizes[6] < 13_000 and right[6] > 0.99
    assert right[2] < right[4] - 0.005
    table(["width", "parameters", "right"], *([w, f"{sizes[w]:,}", f"{100 * right[w]:.2f} %"] for w in networks))
    return networks, right, sizes


@app.cell
def _(right, sizes):
    draw_lines(
        list(sizes.values()), {"five convolutions": [100 * share for share in right.values()]},
        "The first thousands of parameters are worth the most", below="parameters", up="accuracy in %",
        scales=("log", "linear"), note="The lecture's 784 → 20 → 10 has 15,910 parameters and about 96 %.",
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _(right, sizes):
    mo.md(f"""
    {sizes[6]:,} parameters take it past 99 %. With {sizes[4]:,}, fewer than the *first* network of this course has, it
    gets {100 * right[4]:.1f} % right. That first network had one weight per pixel and digit. Less can be more, if it
    is in the right place.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1

    Count them. A convolution from *a* maps to *b* maps has one k×k filter for each pair of maps, and the batch
    normalisation after it has two numbers for each of the *b* maps. (The convolutions here have no bias; the
    normalisation has one.)
    """)
    return


@app.cell
def _():
    def convolution_parameters(inputs, outputs, side):
        """The number of parameters in a side×side convolution with its normalisation."""
        ...

    return (convolution_parameters,)


@app.cell(hide_code=True)
def _(convolution_parameters, networks):
    def counted(inputs, outputs, side):
        return inputs * outputs * side * side + 2 * outputs

    assert counted(1, 4, 5) == count_parameters(networks[4].conv1)
    assert counted(4, 8, 3) == count_parameters(networks[4].conv2)
    check(convolution_parameters, counted, [1, 16, 5], [4, 8, 3], [64, 64, 3])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## How few bits?

    PyTorch stores each parameter in 32 bits, as one of four billion values. Does a weight need that? Round the weights
    of each filter to a few equal steps between minus and plus its largest one. With 8 bits there are 255 values, with
    3 bits seven: −3, −2, −1, 0, 1, 2, 3 times one number. This is called *quantising*.
    """)
    return


@app.cell
def _():
    def quantised(weights, bits):
        """Weights, any shape, rounded to 2^bits − 1 steps; each filter (first axis) has its own scale."""
        steps = 2 ** (bits - 1) - 1
        scale = weights.abs().flatten(1).amax(dim=1).clamp(min=1e-9) / steps
        scale = scale.reshape(-1, *[1] * (weights.dim() - 1))
        return (weights / scale).round() * scale

    def rounded(network, bits):
        """A copy of the network with all weights quantised; biases and normalisation stay as they are."""
        copied = copy.deepcopy(network)
        with torch.no_grad():
            for weights in copied.parameters():
                if weights.dim() > 1:
                    weights.copy_(quantised(weights, bits))
        return copied

    return quantised, rounded


@app.cell
def _():
    bits = mo.ui.slider(2, 8, value=4, label="bits", show_value=True, debounce=True)
    bits
    return (bits,)


@app.cell
def _(bits, networks, parts, quantised, rounded):
    _filters = networks[4].conv1[0].weight.detach()
    _right = score_network(rounded(networks[4], bits.value), parts.held_out).accuracy
    pictures(
        [*_filters[:, 0].numpy(), *quantised(_filters, bits.value)[:, 0].numpy()],
        [f"filter {number}" for number in range(1, 5)] + [f"{bits.value} bits"] * 4,
        f"The first filters as learnt, and in {bits.value} bits: {100 * _right:.2f} % right", columns=4,
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _(networks, parts, right, rounded):
    depths = (8, 6, 5, 4, 3, 2)
    by_bits = [100 * score_network(rounded(networks[4], depth), parts.held_out).accuracy for depth in depths]
    assert by_bits[0] > 100 * right[4] - 0.5 and by_bits[-1] < by_bits[0] - 5
    question(
        f"As learnt, it gets {100 * right[4]:.2f} % right. At how many bits per weight does it begin to fail?",
        draw_lines(depths, {"width 4": by_bits}, "Bits per weight", below="bits", up="accuracy in %"),
        f"Eight bits lose next to nothing ({by_bits[0]:.2f} %), at a quarter of the bytes. With two bits, weights are "
        f"−1, 0 or 1 times one number, and accuracy is {by_bits[-1]:.0f} %. (Networks that *train* with few bits can "
        "do with one or two. Ours was rounded afterwards.)",
    )
    return


@app.cell
def _(networks):
    learnt = [weights.detach() for weights in networks[4].parameters()]
    in_32 = sum(4 * weights.numel() for weights in learnt)
    in_8 = sum(weights.numel() + 4 * len(weights) if weights.dim() > 1 else 4 * weights.numel() for weights in learnt)

    assert in_8 < 0.45 * in_32 and in_8 < 10_000
    table(["stored in", "bytes"], ["32 bits", f"{in_32:,}"], ["8 bits, plus a scale per filter", f"{in_8:,}"])
    return (in_8,)


@app.cell(hide_code=True)
def _(in_8):
    mo.md(f"""
    A network that reads digits in **{in_8 / 1000:.1f} kilobytes**: smaller than the file of this lesson.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Without PyTorch

    PyTorch is for training, and takes hundreds of megabytes. To *use* a network you only need multiplication and
    addition. **ONNX** is a file format that writes a network down as a list of such operations. Small programs that run
    it exist for every kind of computer, and for web browsers. The project's reader works that way.
    """)
    return


@app.cell
def _(networks):
    content = convert_to_onnx(networks[4])
    check_outputs_agree(networks[4], content)  # raises an error unless both give the same answers on 1,000 digits
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    assert len(content) < 100_000
    mo.md(f"The file has {len(content):,} bytes, and both give the same answers.")
    return (session,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Without anything

    And to *understand* it, you need no runtime at all. Here is the whole network in NumPy: twenty lines.
    """)
    return


@app.cell
def _():
    def convolved(maps, block):
        """Maps N×C×H×W → convolution, pooling if any, normalisation, relu: the same as the layer `block`."""
        filters, norm = block[0].weight.detach().numpy(), block[-2]
        edge = filters.shape[-1] // 2
        padded = np.pad(maps, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
        windows = sliding_window_view(padded, filters.shape[2:], axis=(2, 3))  # N×C×H×W×k×k
        maps = np.einsum("nchwij,ocij->nohw", windows, filters, optimize=True)
        if len(block) == 4:  # it pools: the maximum of 2×2
            n, c, h, w = maps.shape
            maps = maps.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))
        mean, variance, gain, offset = (
            getattr(norm, name).detach().numpy()[:, None, None]
            for name in ("running_mean", "running_var", "weight", "bias")
        )
        return np.maximum((maps - mean) / np.sqrt(variance + norm.eps) * gain + offset, 0)

    return (convolved,)


@app.cell
def _(convolved, networks, parts):
    def by_numpy(network, images):
        """The logits of a network of five convolutions for float32 N×1×28×28."""
        maps = images
        for name in ("conv1", "conv2", "conv3", "conv4", "conv5"):
            maps = convolved(maps, getattr(network, name))
        features = np.concatenate([maps.max(axis=(2, 3)), maps.mean(axis=(2, 3))], axis=1)
        return features @ network.logits.weight.detach().numpy().T + network.logits.bias.detach().numpy()

    few = to_float(parts.held_out.images[:100])
    with torch.inference_mode():
        by_torch = networks[4](torch.from_numpy(few)).numpy()
    assert np.allclose(by_numpy(networks[4], few), by_torch, atol=1e-3)
    mo.md("NumPy, PyTorch and ONNX agree.")
    return (by_numpy,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2

    Before you use a network, you can make the normalisation vanish. It multiplies each map by a number and adds
    another, which the convolution could have done itself. *Fold* it in: return the factor by which to multiply each
    map's filter, gain / √(variance + a tiny number).
    """)
    return


@app.cell
def _():
    def folded(gain, variance, tiny):
        """The factor for each map, float32 C; `gain` and `variance` are float32 C."""
        ...

    return (folded,)


@app.cell(hide_code=True)
def _(folded, networks, parts):
    def factor(gain, variance, tiny):
        return gain / np.sqrt(variance + tiny)

    _conv, _norm = networks[4].conv2[0], networks[4].conv2[-2]
    _factor = factor(_norm.weight.detach().numpy(), _norm.running_var.numpy(), _norm.eps)
    with torch.inference_mode():
        _maps = networks[4].conv1(torch.from_numpy(to_float(parts.held_out.images[:10])))
        _offset = _norm.bias - _norm.running_mean * torch.from_numpy(_factor)
        _one = torch.nn.functional.conv2d(
            _maps, _conv.weight * torch.from_numpy(_factor)[:, None, None, None], _offset, padding=1
        ).relu()
        assert torch.allclose(_one, networks[4].conv2(_maps), atol=1e-3)  # one operation in place of two
    check(folded, factor, [np.array([1.0, 2]), np.array([4.0, 1]), 0.0], [np.ones(3), np.arange(1.0, 4), 1e-5])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## How many per second?

    Every call costs something, however little there is to do. So it matters whether digits come one at a time or many
    at once.
    """)
    return


@app.cell
def _(by_numpy, networks, parts, session):
    thousand = to_float(parts.held_out.images[:1000])
    ways = {
        "NumPy": lambda images: by_numpy(networks[4], images),
        "PyTorch": lambda images: networks[4](torch.from_numpy(images)),
        "ONNX": lambda images: session.run(["logits"], {"images": images}),
    }

    def a_second(way, count, seconds=0.3):
        """Digits per second, `count` at once: the best of as many calls as fit into `seconds`."""
        began, best = time.perf_counter(), 0.0
        with torch.inference_mode():
            while time.perf_counter() - began < seconds:
                start = time.perf_counter()
                way(thousand[:count])
                best = max(best, count / (time.perf_counter() - start))
        return best

    return a_second, ways


@app.cell(hide_code=True)
def _(a_second, ways):
    counts = (1, 10, 100)
    speeds = {name: [a_second(way, count) for count in counts] for name, way in ways.items()}
    assert all(speed > 1 for each in speeds.values() for speed in each)
    assert speeds["PyTorch"][2] > speeds["PyTorch"][0]
    question(
        "How many digits per second does this computer read, one at a time, and a hundred at once?",
        table(["digits per second", *(f"{count} at once" for count in counts)],
              *([name, *(f"{speed:,.0f}" for speed in each)] for name, each in speeds.items())).text,
        "We measured this just now, while your browser and everything else you have open took their share. That is why "
        "the best of several calls counts. All digits in a call share its cost. (NumPy stores every table along the "
        "way, so with many digits it may lose what it gains.)",
    )  # fmt: skip
    return (speeds,)


@app.cell(hide_code=True)
def _(speeds):
    _best = max(speed for each in speeds.values() for speed in each)
    mo.md(f"""
    At {_best:,.0f} per second, all 70,000 digits of MNIST take {70_000 / _best:.1f} seconds, with a network that fits
    into a few kilobytes, on a computer without anything special.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - Weights used everywhere in the picture are worth many weights used once.
    - Fewer than 6,000 parameters reach about 99 %; softmax uses more to reach 92 %.
    - Eight bits per weight are as good as 32; rounded to two, the network fails.
    - A network is multiplication and addition: a file of kilobytes, a page of NumPy.
    - Digits that come together are cheaper than digits that come one by one. Measure speed on the machine that matters,
      and state the conditions.

    All lessons so far read one digit at a time. In lesson 11, whole numbers come in, from a picture.
    """)
    return


if __name__ == "__main__":
    app.run()
