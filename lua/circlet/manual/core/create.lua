--- Making tensors, random numbers, time: core/ops/create.c, random.c, core/bind/timer.c. Nobody runs this
-- file; it is the manual.
-- @module circlet

---
-- A result tensor may stand in front of the arguments; without it the tensor is of the default type, or where
-- that is said of another.
-- @deffamily creator
-- @return circlet.Tensor tensor
-- @error Raises for sizes below 0, for memory that is not there, and for numbers that the result's type cannot hold.

---
-- As a method it fills the tensor and gives it back, `x:f([generator,] ...)`; as a function of circlet
-- it gives one number. A generator may stand in front of the numbers; otherwise circlet's own is drawn
-- from. The stream of a seed is the same on every machine and for every number of threads.
-- @deffamily distribution
-- @return number|circlet.Tensor result
-- @error Raises for parameters out of range and for numbers that the tensor's type cannot hold.
-- @method fills the tensor

--- Zeros: `zeros([result,] sizes...)`.
-- @param ... integer|circlet.LongStorage sizes
-- @family creator
-- @example
-- circlet.zeros(2, 2)    --> {{0, 0}, {0, 0}}
function circlet.zeros(...) end

--- Ones: `ones([result,] sizes...)`.
-- @param ... integer|circlet.LongStorage sizes
-- @family creator
-- @example
-- circlet.ones(3)    --> {1, 1, 1}
function circlet.ones(...) end

--- Zeros of x's size and type.
-- @param x circlet.Tensor
-- @family creator
-- @example
-- circlet.zerosLike(circlet.LongTensor { 1, 2 })    --> {0, 0}
function circlet.zerosLike(x) end

--- Ones of x's size and type.
-- @param x circlet.Tensor
-- @family creator
-- @example
-- circlet.onesLike(circlet.LongTensor { 5, 6 })    --> {1, 1}
function circlet.onesLike(x) end

--- The unit matrix [n, m].
-- @param n integer rows
-- @param m? integer columns; n by default
-- @family creator
-- @example
-- circlet.eye(2)    --> {{1, 0}, {0, 1}}
function circlet.eye(n, m) end

--- The numbers from `from` to `to`, `step` apart.
-- @param from number
-- @param to number
-- @param step? number 1 by default
-- @family creator
-- @example
-- circlet.range(1, 2, 0.5)    --> {1, 1.5, 2}
function circlet.range(from, to, step) end

--- n numbers from a to b, evenly apart.
-- @param a number
-- @param b number
-- @param n? integer 100 by default
-- @family creator
-- @example
-- circlet.linspace(0, 1, 5)    --> {0, 0.25, 0.5, 0.75, 1}
function circlet.linspace(a, b, n) end

--- n numbers from 10^a to 10^b, evenly apart in their logarithms.
-- @param a number
-- @param b number
-- @param n? integer 100 by default
-- @family creator
-- @example
-- circlet.logspace(0, 2, 3)    --> {1, 10, 100}
function circlet.logspace(a, b, n) end

--- Numbers drawn evenly from [0, 1): `rand([result,] [generator,] sizes...)`.
-- @param ... integer|circlet.LongStorage sizes
-- @family creator
-- @example
-- circlet.rand(2, 3):size()    --> {2, 3}
function circlet.rand(...) end

--- Numbers from the normal distribution with mean 0 and deviation 1: `randn([result,] [generator,]
-- sizes...)`.
-- @param ... integer|circlet.LongStorage sizes
-- @family creator
-- @example
-- circlet.manualSeed(1)
-- circlet.randn(1000):mean() < 0.1    --> true
function circlet.randn(...) end

--- The numbers 1..n in random order: `randperm([result,] [generator,] n)`, a LongTensor without a result.
-- @param n integer
-- @family creator
-- @example
-- circlet.randperm(4):sort()    --> {1, 2, 3, 4}  ...
function circlet.randperm(n) end

--- Whole numbers, each of from..to alike: `random([from,] to)`. Without a range a tensor gets 0 up to what
-- its type holds exactly, and the function gives 0 to 2^32 - 1.
-- @param from? integer 1 by default
-- @param to? integer
-- @family distribution
-- @example
-- local x = circlet.LongTensor(100):random(1, 6)
-- x:min(), x:max()    --> 1  6
function circlet.random(from, to) end

--- Numbers drawn evenly from [a, b).
-- @param a? number 0 by default
-- @param b? number 1 by default
-- @family distribution
-- @example
-- circlet.Tensor(100):uniform(2, 3):min() >= 2    --> true
function circlet.uniform(a, b) end

--- Numbers from the normal distribution.
-- @param mean? number 0 by default
-- @param deviation? number 1 by default
-- @family distribution
-- @example
-- circlet.normal(10, 0.001)    --> 10.00
function circlet.normal(mean, deviation) end

--- Numbers from the exponential distribution with the density lambda e^(-lambda x).
-- @param lambda? number 1 by default
-- @family distribution
-- @example
-- circlet.exponential(2) >= 0    --> true
function circlet.exponential(lambda) end

--- Numbers from the Cauchy distribution.
-- @param median? number 0 by default
-- @param width? number 1 by default
-- @family distribution
-- @example
-- type(circlet.cauchy())    --> number
function circlet.cauchy(median, width) end

--- Numbers whose logarithm is normal, e^(mean + deviation z).
-- @param mean? number of the logarithm; 1 by default
-- @param deviation? number of the logarithm, > 0; 2 by default
-- @family distribution
-- @example
-- circlet.logNormal() > 0    --> true
function circlet.logNormal(mean, deviation) end

--- 1 with probability p, otherwise 0. A method also takes a tensor of probabilities with as many elements.
-- @param p? number|circlet.Tensor 0.5 by default
-- @family distribution
-- @example
-- circlet.ByteTensor(3):bernoulli(1)    --> {1, 1, 1}
function circlet.bernoulli(p) end

--- How many draws with probability p of success it takes: 1, 2, ...
-- @param p number in (0, 1)
-- @family distribution
-- @example
-- circlet.geometric(0.5) >= 1    --> true
function circlet.geometric(p) end

--- Begins the random numbers again, from a seed: `manualSeed(seed)`; generator:manualSeed(seed) gives the
-- generator back.
-- @param seed integer
-- @example
-- circlet.manualSeed(7)
-- local a = circlet.uniform()
-- circlet.manualSeed(7)
-- a == circlet.uniform()    --> true
function circlet.manualSeed(seed) end

--- Begins the random numbers at a place that nobody can foresee, and gives the seed.
-- @return integer seed
-- @example
-- circlet.seed() == circlet.initialSeed()    --> true
function circlet.seed() end

--- The seed that the random numbers began with.
-- @return integer seed
-- @example
-- circlet.manualSeed(7)
-- circlet.initialSeed()    --> 7
function circlet.initialSeed() end

--- Where the random numbers stand: seed and blocks drawn.
-- @return circlet.LongTensor state [2]
-- @example
-- local state = circlet.getRNGState()
-- local a = circlet.uniform()
-- circlet.setRNGState(state)
-- a == circlet.uniform()    --> true
function circlet.getRNGState() end

--- Goes on where getRNGState was taken.
-- @param state circlet.LongTensor [2]
-- @error Raises for what is no state.
-- @example
-- circlet.setRNGState(circlet.LongTensor { 7, 0 })
-- circlet.initialSeed()    --> 7
function circlet.setRNGState(state) end

--- A generator of random numbers of its own: seed 1 unless told. Every function and method that draws
-- takes one in front of its numbers.
-- @name circlet.Generator, Generator
-- @param seed? integer 1 by default
-- @return circlet.Generator generator
-- @example
-- local a, b = circlet.Generator(3), circlet.Generator(3)
-- circlet.uniform(a) == circlet.uniform(b)    --> true
function circlet.Generator(seed) end

--- A generator that goes on from the same place.
-- @return circlet.Generator copy
-- @example
-- local a = circlet.Generator(3)
-- local b = a:clone()
-- circlet.uniform(a) == circlet.uniform(b)    --> true
function Generator:clone() end

--- Begins again from a seed.
-- @param seed integer
-- @return circlet.Generator self
-- @example
-- circlet.Generator():manualSeed(5):initialSeed()    --> 5
function Generator:manualSeed(seed) end

--- Begins at a place that nobody can foresee, and gives the seed.
-- @return integer seed
-- @example
-- local g = circlet.Generator()
-- g:seed() == g:initialSeed()    --> true
function Generator:seed() end

--- The seed that it began with.
-- @return integer seed
-- @example
-- circlet.Generator(5):initialSeed()    --> 5
function Generator:initialSeed() end

--- Where it stands: seed and blocks drawn.
-- @return circlet.LongTensor state [2]
-- @example
-- circlet.Generator(5):getRNGState()    --> {5, 0}
function Generator:getRNGState() end

--- Goes on where getRNGState was taken.
-- @param state circlet.LongTensor [2]
-- @error Raises for what is no state.
-- @example
-- local g = circlet.Generator()
-- g:setRNGState(circlet.LongTensor { 9, 0 })
-- g:initialSeed()    --> 9
function Generator:setRNGState(state) end

--- The bare generator of every random number, Philox 4x32-10: four words for a counter and a key.
-- @param c0 integer counter, 32 bits each
-- @param c1 integer
-- @param c2 integer
-- @param c3 integer
-- @param k0 integer key, 32 bits each
-- @param k1 integer
-- @return integer w0
-- @return integer w1
-- @return integer w2
-- @return integer w3
-- @source Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011
-- @example
-- (circlet.philox(0, 0, 0, 0, 0, 0)) == 0x6627e8d5    --> true
function circlet.philox(c0, c1, c2, c3, k0, k1) end

--- A clock that runs from now on.
-- @name circlet.Timer, Timer
-- @return circlet.Timer timer
-- @example
-- circlet.Timer():time().real < 10    --> true
function circlet.Timer() end

--- Seconds so far: real, and user and sys of the whole process, without the time in which it stood still.
-- @return table seconds {real =, user =, sys =}
-- @example
-- local t = circlet.Timer():time()
-- t.real >= 0 and t.user >= 0 and t.sys >= 0    --> true
function Timer:time() end

--- Stops the clock.
-- @return circlet.Timer self
-- @example
-- local t = circlet.Timer():stop()
-- t:time().real == t:time().real    --> true
function Timer:stop() end

--- Lets the clock run again.
-- @return circlet.Timer self
-- @example
-- circlet.Timer():stop():resume()
function Timer:resume() end

--- Back to 0, running or not as before.
-- @return circlet.Timer self
-- @example
-- circlet.Timer():stop():reset():time().real    --> 0.0
function Timer:reset() end

--- The time now, for toc.
-- @return number seconds from some point in the past
-- @example
-- local begun = circlet.tic()
-- circlet.toc(begun) < 10    --> true
function circlet.tic() end

--- Seconds since tic gave its number.
-- @param begun number
-- @return number seconds
-- @example
-- circlet.toc(circlet.tic()) >= 0    --> true
function circlet.toc(begun) end
