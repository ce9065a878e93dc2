/** Which of so many users the n-th request is from: the first is as frequent as all others are rare (exponent 1). */
export function zipf(users: number): (index: number) => number {
  let sum = 0
  const upTo = Array.from({ length: users }, (_, rank) => (sum += 1 / (rank + 1)))
  const drawn = Array.from({ length: 20_000 }, () => {
    const at = Math.random() * sum
    let [low, high] = [0, users - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((upTo[middle] as number) < at) low = middle + 1
      else high = middle
    }
    return low
  })
  return index => drawn[index % drawn.length] as number
}
